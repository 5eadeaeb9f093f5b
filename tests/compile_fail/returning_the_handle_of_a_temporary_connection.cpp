// SPDX-License-Identifier: MIT
// expect: returning address of local temporary object
// only: clang 16
// flags: -Werror=return-stack-address
#include <tlsmode/tlsmode.hpp>

tlsmode::Connection<tlsmode::Client> connect();

SSL* test([[maybe_unused]] tlsmode::Connection<tlsmode::Client>& connection) {
#ifdef CONTROL
  return connection.native_handle();
#else
  return connect().native_handle();
#endif
}
