// SPDX-License-Identifier: MIT
// expect: // FIX: a handle has one owner: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Context<tlsmode::Client>& context) {
#ifdef CONTROL
  const tlsmode::Context<tlsmode::Client> copy = std::move(context);
#else
  const tlsmode::Context<tlsmode::Client> copy = context;
#endif
}
