/** Counts its requests with prom-client, in the default registry and in one of its own. */
import client from 'prom-client';

const served = new client.Counter({ name: 'shop_requests_total', help: 'Requests', labelNames: ['path'] });
const sizes = new client.Histogram({
  name: 'shop_size_bytes',
  help: 'Sizes "of" things',
  buckets: [10, 100],
});
new client.Gauge({ name: 'uwsgi_node_requests_in_flight', help: 'Not ours to define' }).set(1e9);
new client.Gauge({ name: 'shop_nothing', help: 'No number' }).set(Number.NaN);

export function application({ PATH_INFO }, startResponse) {
  if (PATH_INFO === '/stuck') for (;;);
  served.inc({ path: PATH_INFO });
  sizes.observe(PATH_INFO.length * 10);
  startResponse('200 OK', []);
  return 'served';
}
