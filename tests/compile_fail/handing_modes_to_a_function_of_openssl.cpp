// SPDX-License-Identifier: MIT
// expect-gcc: cannot convert ‘tlsmode::ModeSet’ to ‘long
// expect-clang: no known conversion from 'tlsmode::ModeSet' to 'long'
#include <tlsmode/tlsmode.hpp>

void test(SSL* ssl, tlsmode::ModeSet modes) {
#ifdef CONTROL
  SSL_set_mode(ssl, long{modes.bits()});
#else
  SSL_set_mode(ssl, modes);
#endif
}
