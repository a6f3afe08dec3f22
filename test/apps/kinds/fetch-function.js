export default (request) => new Response(`${new URL(request.url).pathname} fetch`);
