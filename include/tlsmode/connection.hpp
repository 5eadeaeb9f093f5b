// SPDX-License-Identifier: MIT
#ifndef TLSMODE_CONNECTION_HPP
#define TLSMODE_CONNECTION_HPP

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <openssl/ssl.h>

#include <tlsmode/bytes.hpp>
#include <tlsmode/context.hpp>
#include <tlsmode/engine/channel.hpp>
#include <tlsmode/engine/exclusive_use.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/native_bio.hpp>
#include <tlsmode/peer_name.hpp>
#include <tlsmode/pending_write.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/socket.hpp>
#include <tlsmode/status.hpp>
#include <tlsmode/transport.hpp>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wattributes"  // [[clang::…]]: clang warns of what dangles, others need not know them
namespace tlsmode {

namespace detail {
struct WaitingLayer;
}

template <typename P>
concept NeedsNoPeerName = !NamesItsPeer<P>;  // FIX: say who the peer must be: {…, …, PeerName{"example.org"}}

/// One TLS connection; owns an SSL and its transport. Move-only, also while a write is pending.
/// One thread at a time: OpenSSL does not survive even a reader beside a writer. A call that overlaps another one, from a
/// second thread or from inside the transport or a callback, is refused: failed, and nothing was changed; error() says so,
/// in the thread that was refused.
/// The first read or write does the handshake if nobody did. Input and output never throw.
/// After every call OpenSSL's error queue is empty, and what was in it is in error().
/// Destroying it does not say close_notify: shutdown() does.
/// What a peer sends that is no data, or makes this side send, is bounded: see read().
/// A handshake that resumes a session verifies the peer of the session again, by this policy, this trust and this name.
/// want_decision, from any call: OpenSSL waits for an answer of the program's (a certificate, ClientHello or verification
/// callback that said "later", or an asynchronous engine); nothing is lost, the same call goes on (a write: retry()).
/// Wraps: SSL_new(3).  Proof: tests/unit/connection_test.cpp, tests/unit/write_rules_test.cpp.
template <PolicyType Policy, TransportType Transport = Socket>
class [[nodiscard("a connection that nobody keeps ends here")]] Connection {
  static_assert(Policy::protocol == Protocol::tls,
                "A Connection speaks TLS. For DTLS make the Context, and the SSL from its native_handle().");
  static_assert(engine::IsComplete<engine::EngineOf<Policy, Transport>>,
                "kernel TLS is in a header of its own. Include <tlsmode/kernel_tls.hpp>.");
  static_assert(!Policy::kernel_tls || NativeTransport<Transport>,
                "kernel TLS needs OpenSSL's own socket BIO. Use NativeBio::socket(descriptor) as the transport.");

 public:
  /// A connection of a server, or of a client that verifies no name.
  /// Errors: throws Error if OpenSSL makes no SSL, or the context was moved from.
  Connection(const Context<Policy>& context, Transport transport)
    requires NeedsNoPeerName<Policy>
      : channel_{engine::new_ssl(context.native_handle()), std::move(transport), nullptr} {}

  /// A connection of a client to `peer`, whose name or address the peer's certificate has to carry.
  Connection(const Context<Policy>& context, Transport transport, const PeerName& peer)
    requires ClientPolicy<Policy>
      : channel_{engine::new_ssl(context.native_handle()), std::move(transport), &peer} {}

  // What is meant for one and is none.
  template <std::same_as<Policy> P>
    requires NamesItsPeer<P>
  Connection(const Context<P>&, Transport) = delete;  // FIX: say who the peer must be: {…, …, PeerName{"example.org"}}
  template <std::same_as<Policy> P>
    requires ServerPolicy<P>
  Connection(const Context<P>&, Transport, const PeerName&) = delete;  // FIX: a server names no peer: {…, transport}
  Connection(const Context<Policy>&, Transport, std::string_view) = delete;  // FIX: name it: PeerName{"example.org"}
  template <typename... Peer>
  Connection(const Context<Policy>&, int, const Peer&...) = delete;  // FIX: wrap the descriptor: Socket{descriptor}

  /// Takes over an SSL, in any state that has no write pending, and puts `transport` under it.
  /// Establishes the policy's modes and verification; an SSL that is connected already has to satisfy the latter.
  /// The BIOs that it has had are freed; those that close a descriptor when freed stay until the connection ends. A BIO
  /// over the transport's own descriptor does not close it any more: whether the Socket owns it, the Socket says.
  /// Lifetime: the SSL is freed with this object, also if this throws.
  /// Errors: throws Error if it is null, on the other side of the handshake, or its peer is not the one named.
  Connection(SSL* adopted, Transport transport)
    requires NeedsNoPeerName<Policy>
      : channel_{engine::SslHandle{adopted}, std::move(transport), nullptr} {}
  Connection(SSL* adopted, Transport transport, const PeerName& peer)
    requires ClientPolicy<Policy>
      : channel_{engine::SslHandle{adopted}, std::move(transport), &peer} {}

  /// As above, over the BIOs that the SSL has: Connection<Policy, NativeBio>{ssl}.
  explicit Connection(SSL* adopted)
    requires NeedsNoPeerName<Policy> && NativeTransport<Transport>
      : channel_{engine::SslHandle{adopted}, engine::bios_of(adopted), nullptr} {}
  Connection(SSL* adopted, const PeerName& peer)
    requires ClientPolicy<Policy> && NativeTransport<Transport>
      : channel_{engine::SslHandle{adopted}, engine::bios_of(adopted), &peer} {}

  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;
  Connection(const Connection&) = delete;             // FIX: a handle has one owner: move it, or pass a reference
  Connection& operator=(const Connection&) = delete;  // FIX: a handle has one owner: move it, or pass a reference
  ~Connection() = default;

  /// Does the handshake, or goes on with it. Once it is done, sends what is left of it, and answers done.
  /// Returns: done; want_read, want_write; want_decision; failed. closed, truncated: the peer ended TLS, or the stream,
  /// before the handshake was done; every later call answers the same, and error() says it in words.
  /// Wraps: SSL_do_handshake(3).
  IoStatus handshake() noexcept {
    return exclusively(IoStatus::failed, [&] { return channel_.handshake(Operation::handshake); });
  }

  /// Reads what has come, at most one record's worth. Safe while a write is pending.
  /// Extent: any size; an empty span reads nothing and answers done with 0 bytes.
  /// Returns: done with at least one byte. want_read when there is nothing now: no byte that has come is left unread.
  /// want_write if output has to leave first: wait for room, and for input, too, if wants_read().
  /// closed, truncated: the end, again at each call; writing goes on. want_decision. failed; so is a peer that sends more
  /// than 4,096 records, or makes this side answer more than 32 times, without data for either side.
  /// Wraps: SSL_read_ex(3).
  template <WritableByteRange Bytes>
  ReadResult read(Bytes&& to) noexcept {
    return exclusively(ReadResult{IoStatus::failed, 0}, [&] { return channel_.read(detail::as_writable_bytes(to)); });
  }

  /// Writes `bytes` by the policy's rule.
  /// Extent: any size; empty writes nothing and answers done with 0 bytes.
  /// Returns: done with the bytes the peer will get: all of them, or by a partial rule at least one record's worth.
  /// want_read, want_write when blocked: the write is pending, see retry(); under BufferedWrites nothing is, and
  /// nothing was taken. want_decision: as want_read. write_pending: an earlier write is; nothing was changed. closed,
  /// truncated: the peer ended during the handshake, or a renegotiation. failed. Wraps: SSL_write_ex(3).
  /// What is done has left this library, and not reached the peer: see close() in tlsmode/wait.hpp for that.
  /// Lifetime: under StrictWrites and PartialWrites a pending write's bytes stay where they are, unchanged.
  template <ByteRange Bytes>
    requires KeepsBufferInPlace<Policy> && StaysInPlace<Bytes>
  WriteResult write(Bytes&& bytes [[clang::lifetime_capture_by(this)]]) noexcept {
    return exclusively(WriteResult{IoStatus::failed, 0}, [&] { return channel_.write(detail::as_bytes(bytes)); });
  }
  template <ByteRange Bytes>
    requires(!KeepsBufferInPlace<Policy>)
  WriteResult write(Bytes&& bytes) noexcept {
    return exclusively(WriteResult{IoStatus::failed, 0}, [&] { return channel_.write(detail::as_bytes(bytes)); });
  }

  /// Goes on with the pending write, where its bytes are.
  /// Returns: as write(). write_pending if the committed bytes were edited meanwhile: restore them, or cancel_write().
  /// failed, with the connection unharmed, if no write is pending.
  WriteResult retry() noexcept
    requires KeepsBufferInPlace<Policy>
  {
    return exclusively(WriteResult{IoStatus::failed, 0}, [&] { return channel_.retry_in_place(); });
  }

  /// Goes on with the pending write. `bytes` begin with what was written: they may live elsewhere, and be more.
  /// Returns: as write(), counted from the start of `bytes`. write_pending, before OpenSSL is asked, if they are fewer or
  /// not the committed ones. failed, with the connection unharmed, if no write is pending.
  template <ByteRange Bytes>
    requires AllowsMovedBuffer<Policy>
  WriteResult retry(Bytes&& bytes) noexcept {
    return exclusively(WriteResult{IoStatus::failed, 0}, [&] { return channel_.retry_from(detail::as_bytes(bytes)); });
  }

  /// Gives the pending write up. The bytes it had committed leave first, with whatever is called next (flush() will do);
  /// the others never will. Returns: how many are committed, counted from the write's first byte; 0 if no write was
  /// pending, or if this is called from inside another call on this connection.
  std::size_t cancel_write() noexcept {
    return exclusively(std::size_t{0}, [&] { return channel_.cancel_write(); });
  }

  /// The write that is pending; zeros if none is, and always under BufferedWrites. A write that fails is over. One that is
  /// pending when another call fails, a read perhaps, is shown until cancel_write(): its committed bytes may have arrived.
  [[nodiscard]] PendingWrite pending_write() const noexcept { return channel_.pending_write(); }

  /// Sends what the library holds: gathered bytes (BufferedWrites), and ciphertext that the transport did not take.
  /// Returns: done when nothing is left to send; want_write, want_read, want_decision; closed, truncated, as handshake();
  /// failed. A pending write remains pending.
  IoStatus flush() noexcept {
    return exclusively(IoStatus::failed, [&] { return channel_.flush(Operation::flush); });
  }

  /// Sends what is held, and then close_notify. Reading goes on until the peer says the same (`closed`).
  /// A pending write is finished first if all of it is committed. Else only the caller has its bytes, and has to say how
  /// the write ends; they are not touched.
  /// Returns: done when close_notify has left. want_write, want_read, want_decision. write_pending if bytes of a pending
  /// write are not committed: retry or cancel first. closed, truncated, as handshake(). failed. Wraps: SSL_shutdown(3).
  IoStatus shutdown() noexcept {
    return exclusively(IoStatus::failed, [&] { return channel_.shutdown(); });
  }

  /// Changes the keys of this side, and of the peer's if `ask_peer`. TLS 1.3 only; never while a write is pending.
  /// Returns: done; want_write, want_decision; write_pending; closed, truncated, as handshake(); failed, with the
  /// connection unharmed, on older versions.
  /// Wraps: SSL_key_update(3).
  IoStatus update_keys(bool ask_peer = false) noexcept {
    return exclusively(IoStatus::failed, [&] { return channel_.update_keys(ask_peer); });
  }

  /// Whether output waits for the transport to become writable: what to wait for besides input.
  [[nodiscard]] bool wants_write() const noexcept { return channel_.wants_write(); }
  /// Whether read() would look for input now: what to wait for. Not while output has to leave first, because the peer
  /// makes this side send and does not read; not after the end of the input.
  [[nodiscard]] bool wants_read() const noexcept { return channel_.wants_read(); }
  /// Whether input has come that was not read yet: read() is worth calling without waiting.
  [[nodiscard]] bool has_input() const noexcept { return channel_.has_input(); }

  /// What went wrong last: after `failed`, `truncated`, and a refused retry. Lifetime: until the next call that fails.
  [[nodiscard]] const Error& error() const noexcept [[clang::lifetimebound]] {
    return in_use_.refused_here() ? engine::overlap_error() : channel_.error();
  }

  /// Adds modes before the handshake, and returns the resulting set. Once the handshake has begun it adds nothing:
  /// since OpenSSL 3.2 the record layer would not follow. Wraps: SSL_set_mode(3).
  ModeSet add_modes(TunableModes extra) noexcept { return channel_.add_modes(extra); }
  /// Wraps: SSL_get_mode(3).
  [[nodiscard]] ModeSet modes() const noexcept { return channel_.modes(); }

  /// The peer's certificate; null if it showed none. Lifetime: as long as the connection.
  /// Wraps: SSL_get0_peer_certificate(3).
  [[nodiscard]] X509* peer_certificate() const noexcept [[clang::lifetimebound]] {
    return native_handle() != nullptr ? ::SSL_get0_peer_certificate(native_handle()) : nullptr;
  }
  /// The negotiated version, such as "TLSv1.3"; empty before the handshake. Wraps: SSL_get_version(3).
  [[nodiscard]] std::string_view version() const noexcept { return channel_.version(); }
  /// The negotiated cipher by OpenSSL's name; empty before the handshake. Wraps: SSL_get_current_cipher(3).
  [[nodiscard]] std::string_view cipher() const noexcept {
    const SSL_CIPHER* const cipher = native_handle() != nullptr ? ::SSL_get_current_cipher(native_handle()) : nullptr;
    return cipher != nullptr ? ::SSL_CIPHER_get_name(cipher) : std::string_view{};
  }
  /// The chosen application protocol; empty if none was. Lifetime: as long as the connection.
  /// Wraps: SSL_get0_alpn_selected(3).
  [[nodiscard]] std::string_view alpn() const noexcept [[clang::lifetimebound]] {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    if (native_handle() != nullptr) {
      ::SSL_get0_alpn_selected(native_handle(), &name, &size);
    }
    return {reinterpret_cast<const char*>(name), size};
  }

  [[nodiscard]] Transport& transport() noexcept [[clang::lifetimebound]] { return channel_.transport(); }
  /// The honest exit: what is done through it is outside the promises. Null once moved from.
  [[nodiscard]] SSL* native_handle() const noexcept [[clang::lifetimebound]] { return channel_.native_handle(); }

 private:
  friend struct detail::WaitingLayer;  // tlsmode/operation.hpp

  /// What `call` answers; `refused` if this connection is in another call, which cannot be disturbed.
  template <typename Result, typename Call>
  [[nodiscard]] Result exclusively(Result refused, Call call) noexcept {
    const engine::ExclusiveUse use{in_use_};
    return use.granted() ? call() : refused;
  }

  engine::Channel<Policy, Transport> channel_;
  engine::UseFlag in_use_{};
};

template <PolicyType Policy, TransportType Transport>
Connection(const Context<Policy>&, Transport) -> Connection<Policy, Transport>;
template <PolicyType Policy, TransportType Transport>
Connection(const Context<Policy>&, Transport, PeerName) -> Connection<Policy, Transport>;

}  // namespace tlsmode
#pragma GCC diagnostic pop

#endif
