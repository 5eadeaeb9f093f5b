// SPDX-License-Identifier: MIT
// A benchmark has one answer to trouble: say what broke and stop the run, so that no figure comes out of it.
#ifndef TLSMODE_BENCH_SUPPORT_FAIL_HPP
#define TLSMODE_BENCH_SUPPORT_FAIL_HPP

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {

[[noreturn]] inline void fail(const char* what) {
  std::fprintf(stderr, "bench: %s (errno: %s)\n", what, std::strerror(errno));
  std::_Exit(1);
}

inline void require(bool holds, const char* what) {
  if (!holds) fail(what);
}

}  // namespace bench

#endif
