// SPDX-License-Identifier: MIT
// tlsmode_strict with Mode::release_buffers: the counterpart of raw_release.
#include "../support/blocking_peer.hpp"
#include "tlsmode_session.hpp"

namespace bench {

const char* const peer_name = "tlsmode_release";
std::unique_ptr<Peer> make_peer(const Setup& setup) {
  return make_tlsmode_peer<tlsmode::StrictWrites, BlockingPeer, TlsmodeSession, true>(setup);
}

}  // namespace bench
