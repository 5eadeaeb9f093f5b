// SPDX-License-Identifier: MIT
// expect: a connection that nobody keeps ends here
// flags: -Werror=unused-result
#include <tlsmode/tlsmode.hpp>

tlsmode::Connection<tlsmode::Client> connect();

void test() {
#ifdef CONTROL
  const tlsmode::Connection connection = connect();
#else
  connect();
#endif
}
