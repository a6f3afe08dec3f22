// Another program in the place of this one, under the same pid: execve(2).
#pragma once

#include <string>
#include <vector>

namespace uwsgi_node {

// Whether a descriptor stays open across execve(2). Returns 0 or an errno.
int keep_across_exec(int fd, bool keep);

// Runs `path` in the place of this process; returns an errno when that fails. Each of `env` is NAME=value.
int replace_image(const std::string& path, const std::vector<std::string>& argv,
                  const std::vector<std::string>& env);

}  // namespace uwsgi_node
