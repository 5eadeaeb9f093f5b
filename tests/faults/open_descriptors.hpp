// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FAULTS_OPEN_DESCRIPTORS_HPP
#define TLSMODE_TESTS_FAULTS_OPEN_DESCRIPTORS_HPP

#include <cstddef>

#include <dirent.h>

#include "support/catch.hpp"

namespace faults {

/// How many descriptors this process has; a few more than that, always as many more.
[[nodiscard]] inline std::size_t open_descriptors() {
  ::DIR* const directory = ::opendir("/proc/self/fd");
  REQUIRE(directory != nullptr);
  std::size_t entries = 0;
  while (::readdir(directory) != nullptr) ++entries;
  ::closedir(directory);
  return entries;
}

}  // namespace faults

#endif
