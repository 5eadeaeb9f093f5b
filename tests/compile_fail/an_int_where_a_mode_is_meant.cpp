// SPDX-License-Identifier: MIT
// expect-gcc: cannot convert ‘int’ to ‘const tlsmode::Mode’ in initialization
// expect-clang: cannot initialize a variable of type 'const tlsmode::Mode' with an rvalue of type 'int'
#include <tlsmode/mode.hpp>

void test() {
#ifdef CONTROL
  [[maybe_unused]] const tlsmode::Mode mode = tlsmode::Mode::release_buffers;
#else
  [[maybe_unused]] const tlsmode::Mode mode = 0x10;
#endif
}
