// SPDX-License-Identifier: MIT
#include "../support/blocking_peer.hpp"
#include "tlsmode_session.hpp"

namespace bench {

const char* const peer_name = "tlsmode_buffered";
std::unique_ptr<Peer> make_peer(const Setup& setup) {
  return make_tlsmode_peer<tlsmode::BufferedWrites, BlockingPeer>(setup);
}

}  // namespace bench
