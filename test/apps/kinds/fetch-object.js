export default { fetch: (request) => new Response(`${new URL(request.url).pathname} fetch`) };
