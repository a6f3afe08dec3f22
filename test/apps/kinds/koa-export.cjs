const Koa = require('koa').default ?? require('koa');
const app = new Koa();
app.use((ctx) => {
  ctx.body = `${ctx.url} koa`;
});
exports.app = app;
