// SPDX-License-Identifier: MIT
// expect: // FIX: a name or an address, as text: PeerName{"example.org"}; no port
#include <tlsmode/tlsmode.hpp>

tlsmode::PeerName test([[maybe_unused]] int port) {
#ifdef CONTROL
  return tlsmode::PeerName{"example.org"};
#else
  return tlsmode::PeerName{port};
#endif
}
