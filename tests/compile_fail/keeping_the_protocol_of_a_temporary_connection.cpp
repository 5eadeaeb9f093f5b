// SPDX-License-Identifier: MIT
// expect: will be destroyed at the end of the full-expression
// only: clang 16
// flags: -Werror=dangling
#include <string>
#include <string_view>

#include <tlsmode/tlsmode.hpp>

tlsmode::Connection<tlsmode::Client> connect();

bool test() {
#ifdef CONTROL
  const std::string protocol{connect().alpn()};
  return protocol == "h2";
#else
  const std::string_view protocol = connect().alpn();
  return protocol == "h2";
#endif
}
