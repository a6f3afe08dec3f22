// main() of every native test program.
#include "test/native/check.h"

#include <algorithm>
#include <exception>

namespace uwsgi_node::test {

namespace {

bool passes(const Case& test, std::string* why) {
  try {
    test.body();
    return true;
  } catch (const Failure& failure) {
    *why = failure.message;
  } catch (const std::exception& error) {
    *why = std::string("threw ") + error.what();
  }
  return false;
}

bool run(const Case& test) {
  // Flushed before the body runs: the reader of a crash sees where it happened.
  std::printf("begin %s\n", test.name.c_str());
  std::fflush(stdout);
  std::string why;
  const bool passed = passes(test, &why);
  std::printf("%s %s\n", passed ? "ok" : "not ok", test.name.c_str());
  if (!passed) std::printf("  %s\n", why.c_str());
  std::fflush(stdout);
  return passed;
}

}  // namespace

int run_all(int argc, char** argv) {
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  if (wanted == std::vector<std::string>{"--list"}) {
    for (const Case& test : cases()) std::printf("%s\n", test.name.c_str());
    return 0;
  }
  size_t ran = 0;
  size_t failed = 0;
  for (const Case& test : cases()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), test.name) == wanted.end()) continue;
    ran++;
    if (!run(test)) failed++;
  }
  if (ran == 0) return 2;
  return failed == 0 ? 0 : 1;
}

}  // namespace uwsgi_node::test

int main(int argc, char** argv) { return uwsgi_node::test::run_all(argc, argv); }
