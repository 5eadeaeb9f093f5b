// SPDX-License-Identifier: MIT
#ifndef TLSMODE_DETAIL_DESCRIPTOR_HPP
#define TLSMODE_DETAIL_DESCRIPTOR_HPP

#include <cerrno>

#include <fcntl.h>

extern "C" int close(int descriptor);  // as <unistd.h> declares it, among much that costs time to include

namespace tlsmode::detail {

/// Returns: 0 if `path` is a directory; ENOTDIR if it is a file; why it cannot be opened.
[[nodiscard]] inline int open_directory_error(const char* path) noexcept {
  const int descriptor = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    return errno;
  }
  ::close(descriptor);
  return 0;
}

}  // namespace tlsmode::detail

#endif
