// SPDX-License-Identifier: MIT
// raw with SSL_MODE_RELEASE_BUFFERS: what a C program does that has many idle connections.
#include "../support/blocking_peer.hpp"
#include "raw_session.hpp"

namespace bench {
const char* const peer_name = "raw_release";
std::unique_ptr<Peer> make_peer(const Setup& setup) {
  return std::make_unique<BlockingPeer<ReleasingSide, RawSession>>(setup);
}

}  // namespace bench
