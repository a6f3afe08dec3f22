#include "native/core/deadlines.h"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

CASE("a node is due after the duration of its list, and only once") {
  DeadlineList list(100);
  DeadlineNode node;
  CHECK(list.empty());
  CHECK(!node.waits());
  list.start(node, 1000);
  CHECK(node.waits());
  CHECK(!list.empty());
  CHECK(list.take_due(1099) == nullptr);
  CHECK(list.take_due(1100) == &node);
  CHECK(!node.waits());
  CHECK(list.empty());
  CHECK(list.take_due(9999) == nullptr);
}

CASE("starting again puts the deadline off") {
  DeadlineList list(100);
  DeadlineNode first, second;
  list.start(first, 0);
  list.start(second, 10);
  list.start(first, 20);
  CHECK(list.take_due(115) == &second);
  CHECK(list.take_due(115) == nullptr);
  CHECK(list.take_due(120) == &first);
}

CASE("a node that is cancelled is never due, and may be cancelled twice") {
  DeadlineList list(100);
  DeadlineNode node;
  node.cancel();
  list.start(node, 0);
  node.cancel();
  node.cancel();
  CHECK(list.empty());
  CHECK(list.take_due(1000) == nullptr);
}

CASE("starting in one list ends the wait in another") {
  DeadlineList reading(10), writing(100);
  DeadlineNode node;
  reading.start(node, 0);
  writing.start(node, 0);
  CHECK(reading.empty());
  CHECK(reading.take_due(1000) == nullptr);
  CHECK(writing.take_due(100) == &node);
}

CASE("a duration of 0 is due at once") {
  DeadlineList list(0);
  DeadlineNode node;
  list.start(node, 5);
  CHECK(list.take_due(5) == &node);
}

CASE("any sequence of starts and cancels ends as a plain list of times says") {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    DeadlineList list(50);
    std::array<DeadlineNode, 8> nodes;
    std::array<int64_t, 8> due;
    due.fill(-1);
    for (uint64_t now = 0; now < 400; now += random() % 20) {
      const size_t which = random() % nodes.size();
      switch (random() % 3) {
        case 0:
          list.start(nodes[which], now);
          due[which] = static_cast<int64_t>(now + 50);
          break;
        case 1:
          nodes[which].cancel();
          due[which] = -1;
          break;
        default:
          while (DeadlineNode* taken = list.take_due(now)) {
            const auto at = static_cast<size_t>(taken - nodes.data());
            CHECK(due[at] >= 0 && due[at] <= static_cast<int64_t>(now));
            due[at] = -1;
          }
          for (const int64_t time : due) CHECK(time < 0 || time > static_cast<int64_t>(now));
      }
      for (size_t i = 0; i < nodes.size(); ++i) CHECK_EQ(nodes[i].waits(), due[i] >= 0);
      CHECK_EQ(list.empty(), std::ranges::all_of(due, [](int64_t time) { return time < 0; }));
    }
    // A node may not outlive its place in a list, nor the list its nodes.
    for (DeadlineNode& node : nodes) node.cancel();
  }
}

}  // namespace
}  // namespace uwsgi_node::test
