// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_SUPPORT_RUN_HPP
#define TLSMODE_EXAMPLES_SUPPORT_RUN_HPP

#include <cstdio>
#include <exception>
#include <stdexcept>

namespace examples {

/// Ends an example that is not what it claims to be.
inline void require(bool holds) {
  if (!holds) {
    throw std::logic_error{"this example is wrong"};
  }
}

/// The whole of an example's main. Returns: the exit status.
template <typename Body>
[[nodiscard]] int run(Body body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace examples

#endif
