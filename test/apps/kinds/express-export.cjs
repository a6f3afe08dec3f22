const app = require('express')();
app.use((req, res) => res.send(`${req.url} express`));
module.exports = app;
