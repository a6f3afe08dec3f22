// Connections that wait for their peer, in the order in which they will have waited too long.
//
// There are only four durations (reading, writing, draining, harakiri), and each list holds one: appending
// keeps it sorted, so starting, renewing and cancelling a deadline are constant time and a sweep looks at the
// heads only. A request that arrives whole and is answered at once never touches a list.
#pragma once

#include <cstdint>

namespace uwsgi_node {

// Part of whatever can wait. A node is in one list at most.
struct DeadlineNode {
  DeadlineNode* before = nullptr;
  DeadlineNode* after = nullptr;
  uint64_t due_ms = 0;

  bool waits() const { return before != nullptr; }

  void cancel() {
    if (!waits()) return;
    before->after = after;
    after->before = before;
    before = after = nullptr;
  }
};

class DeadlineList {
 public:
  explicit DeadlineList(uint64_t duration_ms) : duration_ms_(duration_ms) {
    ring_.before = ring_.after = &ring_;
  }
  DeadlineList(const DeadlineList&) = delete;
  DeadlineList& operator=(const DeadlineList&) = delete;

  bool empty() const { return ring_.after == &ring_; }

  // Starts or renews.
  void start(DeadlineNode& node, uint64_t now_ms) {
    node.cancel();
    node.due_ms = now_ms + duration_ms_;
    node.before = ring_.before;
    node.after = &ring_;
    ring_.before->after = &node;
    ring_.before = &node;
  }

  // The same for one that has waited since `since_ms`: it goes behind those that began before it. Few did
  // not.
  void start_since(DeadlineNode& node, uint64_t since_ms) {
    node.cancel();
    node.due_ms = since_ms + duration_ms_;
    DeadlineNode* before = ring_.before;
    while (before != &ring_ && before->due_ms > node.due_ms) before = before->before;
    node.before = before;
    node.after = before->after;
    before->after->before = &node;
    before->after = &node;
  }

  // When the last of them will have waited too long; 0 without one.
  uint64_t last_due_ms() const { return empty() ? 0 : ring_.before->due_ms; }

  // Takes out one node that is due, or returns nullptr.
  DeadlineNode* take_due(uint64_t now_ms) {
    DeadlineNode* first = ring_.after;
    if (first == &ring_ || first->due_ms > now_ms) return nullptr;
    first->cancel();
    return first;
  }

 private:
  DeadlineNode ring_;
  uint64_t duration_ms_;
};

}  // namespace uwsgi_node
