// SPDX-License-Identifier: MIT
// The same loop on non-blocking sockets: OpenSSL's default write rule, so a blocked write is repeated with the same bytes.
#include <openssl/err.h>

#include "../support/epoll_peer.hpp"
#include "../support/openssl_side.hpp"

namespace bench {
namespace {

class Session {
 public:
  Session(OpenSslSide& side, int descriptor) : ssl_(side.connection(descriptor)), descriptor_(descriptor) {}
  ~Session() {
    ::SSL_free(ssl_);
    ::close(descriptor_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool try_handshake() {
    ::ERR_clear_error();
    const int result = ::SSL_do_handshake(ssl_);
    if (result != 1) check_would_block(result, "SSL_do_handshake");
    return result == 1;
  }

  std::size_t try_write(std::span<const std::byte> bytes) {
    std::size_t count = 0;
    ::ERR_clear_error();
    const int result = ::SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
    if (result != 1) check_would_block(result, "SSL_write_ex");
    return count;
  }

  std::size_t try_read(std::span<std::byte> bytes) {
    std::size_t count = 0;
    ::ERR_clear_error();
    const int result = ::SSL_read_ex(ssl_, bytes.data(), bytes.size(), &count);
    if (result != 1) check_would_block(result, "SSL_read_ex");
    return count;
  }

  bool try_flush() { return true; }

  void close() {
    ::ERR_clear_error();
    ::SSL_shutdown(ssl_);
  }

  Facts facts() { return openssl_facts(ssl_); }

 private:
  void check_would_block(int result, const char* what) {
    const int error = ::SSL_get_error(ssl_, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail_openssl(what);
  }

  SSL* ssl_;
  int descriptor_;
};

}  // namespace

const char* const peer_name = "raw_epoll";
std::unique_ptr<Peer> make_peer(const Setup& setup) { return std::make_unique<EpollPeer<OpenSslSide, Session>>(setup); }

}  // namespace bench
