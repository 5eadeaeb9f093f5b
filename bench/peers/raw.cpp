// SPDX-License-Identifier: MIT
#include "../support/blocking_peer.hpp"
#include "raw_session.hpp"

namespace bench {

const char* const peer_name = "raw";
std::unique_ptr<Peer> make_peer(const Setup& setup) {
  return std::make_unique<BlockingPeer<OpenSslSide, RawSession>>(setup);
}

}  // namespace bench
