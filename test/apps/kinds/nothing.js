export const version = 1;
export const settings = { a: 1 };
