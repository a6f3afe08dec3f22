// Arguments and environment as execve(2) and posix_spawn(3) take them.
#pragma once

#include <string>
#include <vector>

namespace uwsgi_node {

// Valid as long as `texts` is; nobody writes to them.
inline std::vector<char*> exec_strings(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace uwsgi_node
