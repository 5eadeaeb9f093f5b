// SPDX-License-Identifier: MIT
#include "../support/blocking_peer.hpp"
#include "tlsmode_session.hpp"

namespace bench {

const char* const peer_name = "tlsmode_strict";
std::unique_ptr<Peer> make_peer(const Setup& setup) {
  return make_tlsmode_peer<tlsmode::StrictWrites, BlockingPeer>(setup);
}

}  // namespace bench
