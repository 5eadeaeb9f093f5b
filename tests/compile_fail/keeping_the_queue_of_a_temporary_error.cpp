// SPDX-License-Identifier: MIT
// expect: will be destroyed at the end of the full-expression
// only: clang 16
// flags: -Werror=dangling
#include <cstddef>

#include <tlsmode/tlsmode.hpp>

tlsmode::Connection<tlsmode::Client> connect();

std::size_t test() {
#ifdef CONTROL
  const tlsmode::Error error = connect().error();
  const auto queue = error.queue();
  return queue.size();
#else
  const auto queue = tlsmode::Error{connect().error()}.queue();
  return queue.size();
#endif
}
