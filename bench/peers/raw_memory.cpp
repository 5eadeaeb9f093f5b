// SPDX-License-Identifier: MIT
// OpenSSL over a pair of memory BIOs, the way most event-loop programs embed it: ciphertext is copied in and out by hand.
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "../support/blocking_peer.hpp"
#include "../support/openssl_side.hpp"

namespace bench {
namespace {

class Session {
 public:
  Session(OpenSslSide& side, int descriptor)
      : ssl_(side.connection()),
        in_(::BIO_new(::BIO_s_mem())),
        out_(::BIO_new(::BIO_s_mem())),
        descriptor_(descriptor) {
    ::SSL_set0_rbio(ssl_, in_);
    ::SSL_set0_wbio(ssl_, out_);
    for (;;) {
      ::ERR_clear_error();
      const int result = ::SSL_do_handshake(ssl_);
      send_pending();
      if (result == 1) return;
      need_read(result, "SSL_do_handshake");
      receive();
    }
  }
  ~Session() {
    ::SSL_free(ssl_);
    ::close(descriptor_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void write(std::span<const std::byte> bytes) {
    std::size_t count = 0;
    ::ERR_clear_error();
    if (::SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count) != 1) fail_openssl("SSL_write_ex");
    send_pending();
  }

  std::size_t read(std::span<std::byte> bytes) {
    for (;;) {
      std::size_t count = 0;
      ::ERR_clear_error();
      const int result = ::SSL_read_ex(ssl_, bytes.data(), bytes.size(), &count);
      if (result == 1) return count;
      need_read(result, "SSL_read_ex");
      receive();
    }
  }

  void flush() {}

  void close() {
    ::ERR_clear_error();
    ::SSL_shutdown(ssl_);
    send_pending();
  }

  Facts facts() { return openssl_facts(ssl_); }

 private:
  void need_read(int result, const char* what) {
    if (::SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ) fail_openssl(what);
  }

  void send_pending() {
    std::array<char, 16384 + 256> staging;
    for (int size; (size = ::BIO_read(out_, staging.data(), staging.size())) > 0;) {
      for (int sent = 0; sent < size;) {
        const ssize_t count =
            ::send(descriptor_, staging.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
        require(count > 0, "send");
        sent += static_cast<int>(count);
      }
    }
  }

  void receive() {
    std::array<char, 16384 + 256> staging;
    const ssize_t count = ::recv(descriptor_, staging.data(), staging.size(), 0);
    require(count > 0, "recv");
    ::BIO_write(in_, staging.data(), static_cast<int>(count));
  }

  SSL* ssl_;
  BIO* in_;
  BIO* out_;
  int descriptor_;
};

}  // namespace

const char* const peer_name = "raw_memory";
std::unique_ptr<Peer> make_peer(const Setup& setup) {
  return std::make_unique<BlockingPeer<OpenSslSide, Session>>(setup);
}

}  // namespace bench
