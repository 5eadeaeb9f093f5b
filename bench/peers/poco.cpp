// SPDX-License-Identifier: MIT
#include <Poco/Net/Context.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/Session.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>

#include "../support/blocking_peer.hpp"
#include "../support/openssl_side.hpp"

namespace bench {
namespace {

namespace net = Poco::Net;

net::Context::Ptr make_context(Side side) {
  net::initializeSSL();
  net::Context::Params params;
  params.verificationMode = side == Side::client ? net::Context::VERIFY_RELAXED : net::Context::VERIFY_NONE;
  params.cipherList = "HIGH";
  return new net::Context(side == Side::client ? net::Context::TLS_CLIENT_USE : net::Context::TLS_SERVER_USE, params);
}

#if OPENSSL_VERSION_NUMBER >= 0x30500000L
constexpr const char* openssl_groups = "DEFAULT";
#else
constexpr const char* openssl_groups = "X25519:P-256:X448:P-521:P-384";
#endif

struct Shared {
  explicit Shared(const Setup& setup)
      : side(setup.side),
        resume(setup.resume),
        context(make_context(side)),
        settings(context->sslContext(), {setup.side, setup.identity, false}) {
    // Poco would rather have X448: several times the arithmetic that the others are measured with.
    require(SSL_CTX_set1_groups_list(context->sslContext(), openssl_groups) == 1, "groups");
    if (resume) context->enableSessionCache();
  }

  Side side;
  bool resume;
  net::Context::Ptr context;
  OpenSslSettings settings;
  net::Session::Ptr session;  // the client's newest
};

class Session {
 public:
  Session(Shared& shared, int descriptor) : shared_(shared), socket_(attach(shared, descriptor)) {
    if (shared.side == Side::client && shared.session) socket_.useSession(shared.session);
    socket_.completeHandshake();
    if (shared.side == Side::client) socket_.verifyPeerCertificate();
  }

  void write(std::span<const std::byte> bytes) {
    const int size = static_cast<int>(bytes.size());
    require(socket_.sendBytes(bytes.data(), size) == size, "sendBytes");
  }

  std::size_t read(std::span<std::byte> bytes) {
    const int count = socket_.receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
    require(count > 0, "receiveBytes");
    return static_cast<std::size_t>(count);
  }

  void flush() {}

  void close() {
    if (shared_.resume && shared_.side == Side::client) shared_.session = socket_.currentSession();
    try {
      socket_.shutdown();
    } catch (const Poco::Exception&) {  // it sends close_notify, then finds that the other end has hung up already
    }
  }

  Facts facts() {  // Poco keeps its SSL to itself; the context allows nothing else
    return {std::string("OpenSSL ") + ::OpenSSL_version(OPENSSL_VERSION_STRING), "TLSv1.3", cipher_suite,
            socket_.sessionWasReused()};
  }

 private:
  static net::SecureStreamSocket attach(Shared& shared, int descriptor) {
    const net::StreamSocket plain(new net::StreamSocketImpl(descriptor));
    if (shared.side == Side::client) return attach_client(shared, plain);
    return net::SecureStreamSocket::attach(plain, shared.context);
  }

  static net::SecureStreamSocket attach_client(Shared& shared, const net::StreamSocket& plain) {
    if (shared.session) return net::SecureStreamSocket::attach(plain, server_name, shared.context, shared.session);
    return net::SecureStreamSocket::attach(plain, server_name, shared.context);
  }

  Shared& shared_;
  net::SecureStreamSocket socket_;
};

}  // namespace

const char* const peer_name = "poco";
std::unique_ptr<Peer> make_peer(const Setup& setup) { return std::make_unique<BlockingPeer<Shared, Session>>(setup); }

}  // namespace bench
