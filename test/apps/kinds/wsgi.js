export const application = ({ SCRIPT_NAME, PATH_INFO }, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return `${SCRIPT_NAME}|${PATH_INFO} wsgi`;
};
