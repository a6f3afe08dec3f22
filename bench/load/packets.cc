#include "bench/load/packets.h"

#include <bitset>
#include <unordered_set>

#include "bench/load/fastcgi.h"
#include "bench/load/random.h"

namespace uwsgi_node::bench {
namespace {

struct Header {
  const char* name;
  const char* value;
};

// What Firefox sends on its first visit.
constexpr Header kBrowser[] = {
    {"HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
    {"HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"},
    {"HTTP_ACCEPT_LANGUAGE", "en-US,en;q=0.5"},
    {"HTTP_ACCEPT_ENCODING", "gzip, deflate, br, zstd"},
    {"HTTP_CONNECTION", "keep-alive"},
    {"HTTP_COOKIE", "sessionid=4f1c2d9be07a43c8a1; csrftoken=Zq8Lw2Xn5Rt7Yb3K"},
};

// Names seen in the wild: browsers, proxies, content delivery networks, tracing and API clients.
constexpr Header kPool[] = {
    {"HTTP_USER_AGENT", "curl/8.9.1"},
    {"HTTP_ACCEPT", "application/json, text/plain, */*"},
    {"HTTP_ACCEPT_LANGUAGE", "de-DE,de;q=0.9,en;q=0.7"},
    {"HTTP_ACCEPT_ENCODING", "gzip, deflate, br"},
    {"HTTP_ACCEPT_CHARSET", "utf-8"},
    {"HTTP_CONNECTION", "keep-alive"},
    {"HTTP_COOKIE", "sessionid=4f1c2d9be07a43c8a1; csrftoken=Zq8Lw2Xn5Rt7Yb3K"},
    {"HTTP_REFERER", "https://www.example.com/articles/2024/07/a-page"},
    {"HTTP_ORIGIN", "https://www.example.com"},
    {"HTTP_AUTHORIZATION", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"},
    {"HTTP_CACHE_CONTROL", "max-age=0"},
    {"HTTP_PRAGMA", "no-cache"},
    {"HTTP_DNT", "1"},
    {"HTTP_TE", "trailers"},
    {"HTTP_VIA", "1.1 varnish, 1.1 cache-fra-eddf8230071"},
    {"HTTP_RANGE", "bytes=0-1023"},
    {"HTTP_IF_NONE_MATCH", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\""},
    {"HTTP_IF_MODIFIED_SINCE", "Wed, 21 Oct 2015 07:28:00 GMT"},
    {"HTTP_UPGRADE_INSECURE_REQUESTS", "1"},
    {"HTTP_PRIORITY", "u=0, i"},
    {"HTTP_SEC_FETCH_DEST", "document"},
    {"HTTP_SEC_FETCH_MODE", "navigate"},
    {"HTTP_SEC_FETCH_SITE", "none"},
    {"HTTP_SEC_FETCH_USER", "?1"},
    {"HTTP_SEC_GPC", "1"},
    {"HTTP_SEC_CH_UA", "\"Chromium\";v=\"128\", \"Not;A=Brand\";v=\"24\""},
    {"HTTP_SEC_CH_UA_MOBILE", "?0"},
    {"HTTP_SEC_CH_UA_PLATFORM", "\"Linux\""},
    {"HTTP_X_FORWARDED_FOR", "203.0.113.195, 198.51.100.7"},
    {"HTTP_X_FORWARDED_PROTO", "https"},
    {"HTTP_X_FORWARDED_HOST", "www.example.com"},
    {"HTTP_X_FORWARDED_PORT", "443"},
    {"HTTP_X_REAL_IP", "203.0.113.195"},
    {"HTTP_X_REQUEST_ID", "7b0a5f7e-3c7a-4b0e-9f0b-6a2d8b1c9e4f"},
    {"HTTP_X_CORRELATION_ID", "c0ffee00-3c7a-4b0e-9f0b-6a2d8b1c9e4f"},
    {"HTTP_X_REQUESTED_WITH", "XMLHttpRequest"},
    {"HTTP_X_CSRFTOKEN", "Zq8Lw2Xn5Rt7Yb3K"},
    {"HTTP_X_API_KEY", "0123456789abcdef0123456789abcdef"},
    {"HTTP_X_AMZN_TRACE_ID", "Root=1-67891233-abcdef012345678912345678"},
    {"HTTP_X_CLOUD_TRACE_CONTEXT", "105445aa7843bc8bf206b12000100000/1;o=1"},
    {"HTTP_X_B3_TRACEID", "80f198ee56343ba864fe8b2a57d3eff7"},
    {"HTTP_X_B3_SPANID", "e457b5a2e4d86bd1"},
    {"HTTP_X_B3_SAMPLED", "1"},
    {"HTTP_TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    {"HTTP_TRACESTATE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"},
    {"HTTP_BAGGAGE", "userId=alice,serverNode=DF28,isProduction=false"},
    {"HTTP_CF_CONNECTING_IP", "203.0.113.195"},
    {"HTTP_CF_IPCOUNTRY", "DE"},
    {"HTTP_CF_RAY", "8c5d2f0b1c2d3e4f-FRA"},
    {"HTTP_CF_VISITOR", "{\"scheme\":\"https\"}"},
    {"HTTP_CDN_LOOP", "cloudflare"},
    {"HTTP_TRUE_CLIENT_IP", "203.0.113.195"},
    {"HTTP_FASTLY_CLIENT_IP", "203.0.113.195"},
    {"HTTP_FORWARDED", "for=203.0.113.195;proto=https;by=198.51.100.7"},
    {"HTTP_FROM", "webmaster@example.org"},
    {"HTTP_MAX_FORWARDS", "10"},
    {"HTTP_SAVE_DATA", "on"},
    {"HTTP_DEVICE_MEMORY", "8"},
    {"HTTP_DOWNLINK", "10"},
    {"HTTP_RTT", "50"},
    {"HTTP_ECT", "4g"},
    {"HTTP_X_WAP_PROFILE", "http://wap.example.com/uaprof/UAXP.xml"},
    {"HTTP_X_CLIENT_VERSION", "4.12.0"},
    {"HTTP_X_TENANT", "acme"},
};
constexpr uint32_t kPoolSize = std::size(kPool);
using HeaderSet = std::bitset<kPoolSize>;

// In the order of /etc/nginx/uwsgi_params.
Vars uwsgi_vars(const Options& options, const std::string& path) {
  const size_t mark = path.find('?');
  return {
      {"QUERY_STRING", mark == std::string::npos ? "" : path.substr(mark + 1)},
      {"REQUEST_METHOD", options.method},
      {"CONTENT_TYPE", options.body == 0 ? "" : "application/octet-stream"},
      {"CONTENT_LENGTH", options.body == 0 ? "" : std::to_string(options.body)},
      {"REQUEST_URI", path},
      {"PATH_INFO", path.substr(0, mark)},
      {"DOCUMENT_ROOT", "/usr/share/nginx/html"},
      {"SERVER_PROTOCOL", "HTTP/1.1"},
      {"REQUEST_SCHEME", "http"},
      {"REMOTE_ADDR", "127.0.0.1"},
      {"REMOTE_PORT", "51234"},
      {"SERVER_PORT", "80"},
      {"SERVER_NAME", "localhost"},
      {"HTTP_HOST", "localhost"},
  };
}

// In the order of /etc/nginx/fastcgi_params.
Vars fastcgi_vars(const Options& options, const std::string& path) {
  const size_t mark = path.find('?');
  return {
      {"QUERY_STRING", mark == std::string::npos ? "" : path.substr(mark + 1)},
      {"REQUEST_METHOD", options.method},
      {"CONTENT_TYPE", options.body == 0 ? "" : "application/octet-stream"},
      {"CONTENT_LENGTH", options.body == 0 ? "" : std::to_string(options.body)},
      {"SCRIPT_NAME", path.substr(0, mark)},
      {"REQUEST_URI", path},
      {"DOCUMENT_URI", path.substr(0, mark)},
      {"DOCUMENT_ROOT", "/usr/share/nginx/html"},
      {"SERVER_PROTOCOL", "HTTP/1.1"},
      {"REQUEST_SCHEME", "http"},
      {"GATEWAY_INTERFACE", "CGI/1.1"},
      {"SERVER_SOFTWARE", "nginx/1.22.1"},
      {"REMOTE_ADDR", "127.0.0.1"},
      {"REMOTE_PORT", "51234"},
      {"REMOTE_USER", ""},
      {"SERVER_ADDR", "127.0.0.1"},
      {"SERVER_PORT", "80"},
      {"SERVER_NAME", "localhost"},
      {"REDIRECT_STATUS", "200"},
      {"HTTP_HOST", "localhost"},
  };
}

void add_u16(std::string& out, size_t value) {
  out.push_back(static_cast<char>(value & 0xff));
  out.push_back(static_cast<char>(value >> 8));
}

std::string uwsgi_packet(const Vars& vars) {
  std::string block;
  for (const auto& [name, value] : vars) {
    add_u16(block, name.size());
    block += name;
    add_u16(block, value.size());
    block += value;
  }
  std::string packet;
  packet.push_back(0);
  add_u16(packet, block.size());
  packet.push_back(0);
  return packet + block;
}

HeaderSet draw_set(Random& random) {
  HeaderSet set;
  const size_t size = 4 + random.below(5);
  while (set.count() < size) set.set(random.below(kPoolSize));
  return set;
}

}  // namespace

std::vector<std::string> build_packets(const Options& options, const std::string& path) {
  const bool fastcgi = options.protocol == Protocol::kFastcgi;
  Vars stock = fastcgi ? fastcgi_vars(options, path) : uwsgi_vars(options, path);
  for (uint32_t i = 0; i < options.extra_vars; i++)
    stock.emplace_back("HTTP_X_EXTRA_" + std::to_string(i), "a value of usual length");
  std::vector<std::string> packets;
  const auto add = [&](const Vars& vars) {
    if (!fastcgi) return packets.push_back(uwsgi_packet(vars));
    const std::string head = fastcgi_head(vars, options.keepalive);
    packets.push_back(options.body == 0 ? head + fastcgi_stdin("") : head);
  };

  Vars browser = stock;
  for (const Header& header : kBrowser) browser.emplace_back(header.name, header.value);
  add(browser);

  Random random(options.seed);
  std::unordered_set<HeaderSet> drawn;
  while (packets.size() < options.header_sets) {
    const HeaderSet set = draw_set(random);
    if (!drawn.insert(set).second) continue;
    Vars vars = stock;
    for (uint32_t i = 0; i < kPoolSize; i++) {
      if (set[i]) vars.emplace_back(kPool[i].name, kPool[i].value);
    }
    add(vars);
  }
  return packets;
}

std::string build_body(const Options& options) {
  if (options.body == 0) return {};
  const std::string body(options.body, 'x');
  return options.protocol == Protocol::kFastcgi ? fastcgi_stdin(body) : body;
}

}  // namespace uwsgi_node::bench
