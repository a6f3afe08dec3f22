#include "native/core/freed_memory.h"

#include <malloc.h>
#include <stdlib.h>

#include <initializer_list>

namespace uwsgi_node {
namespace {

// By default glibc hands freed memory at the end of a heap back to the kernel once it is 128 KiB. V8 lets the
// array buffers of its young generation go 32 MiB at a time; the kernel would then clear the same 32 MiB
// again, page by page, for the bodies that come next: a sixth to a half of the CPU of an upload.
constexpr int kKept = 48 * 1024 * 1024;

// To set the one stops glibc from raising the other with the sizes that it sees; without that every body
// above 128 KiB would be a mapping of its own.
constexpr int kLargestInHeap = 4 * 1024 * 1024;

bool is_told_otherwise() {
  for (const char* name : {"GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"}) {
    if (getenv(name) != nullptr) return true;
  }
  return false;
}

// When the addon is loaded, before there are threads that change the environment.
const bool told_otherwise = is_told_otherwise();

}  // namespace

void keep_freed_memory() {
#ifdef __GLIBC__
  static const bool done = !told_otherwise && mallopt(M_TRIM_THRESHOLD, kKept) == 1 &&
                           mallopt(M_MMAP_THRESHOLD, kLargestInHeap) == 1;
  static_cast<void>(done);
#endif
}

}  // namespace uwsgi_node
