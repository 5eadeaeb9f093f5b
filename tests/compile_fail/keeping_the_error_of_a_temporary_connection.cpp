// SPDX-License-Identifier: MIT
// expect: temporary bound to local reference 'error' will be destroyed at the end of the full-expression
// only: clang 16
// flags: -Werror=dangling
#include <tlsmode/tlsmode.hpp>

tlsmode::Connection<tlsmode::Client> connect();

int test() {
#ifdef CONTROL
  const tlsmode::Error error = connect().error();
  return error.alert();
#else
  const tlsmode::Error& error = connect().error();
  return error.alert();
#endif
}
