export default (req, res) => res.end(`${req.url} listener`);
