// SPDX-License-Identifier: MIT
// tlsmode with the strict write rule on non-blocking sockets: the counterpart of raw_epoll.
#include "../support/epoll_peer.hpp"
#include "tlsmode_session.hpp"

namespace bench {
namespace {

template <class Policy>
class NonBlockingTlsmodeSession {
 public:
  NonBlockingTlsmodeSession(TlsmodeSide<Policy>& side, int descriptor) : connection_(side.connection(descriptor)) {}

  bool try_handshake() { return done(connection_.handshake()); }

  std::size_t try_write(std::span<const std::byte> bytes) {
    const auto result = pending_ ? connection_.retry() : connection_.write(bytes);
    pending_ = !done(result.status);
    return result.bytes;
  }

  std::size_t try_read(std::span<std::byte> bytes) {
    const auto result = connection_.read(bytes);
    done(result.status);
    return result.bytes;
  }

  bool try_flush() { return done(connection_.flush()); }
  void close() { static_cast<void>(connection_.shutdown()); }
  Facts facts() { return openssl_facts(connection_.native_handle()); }

 private:
  bool done(tlsmode::IoStatus status) {
    if (status == tlsmode::IoStatus::done) return true;
    if (status == tlsmode::IoStatus::want_read || status == tlsmode::IoStatus::want_write) return false;
    fail(connection_.error().what());
  }

  tlsmode::Connection<Policy> connection_;
  bool pending_ = false;
};

}  // namespace

const char* const peer_name = "tlsmode_epoll";
std::unique_ptr<Peer> make_peer(const Setup& setup) {
  return make_tlsmode_peer<tlsmode::StrictWrites, EpollPeer, NonBlockingTlsmodeSession>(setup);
}

}  // namespace bench
