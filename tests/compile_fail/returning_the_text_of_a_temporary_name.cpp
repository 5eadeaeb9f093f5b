// SPDX-License-Identifier: MIT
// expect: returning address of local temporary object
// only: clang 16
// flags: -Werror=return-stack-address
#include <string>
#include <string_view>

#include <tlsmode/tlsmode.hpp>

std::string_view test([[maybe_unused]] const tlsmode::PeerName& name, [[maybe_unused]] std::string_view text) {
#ifdef CONTROL
  return name.text();
#else
  return tlsmode::PeerName{text}.text();
#endif
}
