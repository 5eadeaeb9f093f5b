// SPDX-License-Identifier: MIT
#ifndef TLSMODE_MODE_HPP
#define TLSMODE_MODE_HPP

#include <cstdint>
#include <string_view>

#include <openssl/ssl.h>

namespace tlsmode {

/// Every SSL_MODE_* flag of OpenSSL 3: the C name, lower-cased, unprefixed.
/// Each enumerator says what the flag was measured to do, its default, and where it does nothing.
/// Wraps: the argument of SSL_CTX_set_mode(3).
/// Proof: tests/unit/mode_test.cpp "the enum lists every flag of the installed ssl.h".
enum class Mode : std::uint32_t {
  /// SSL_write may report success after the first of several records: r with 0 < r < n.
  /// Default: off. TLS: also on blocking sockets. DTLS: no effect (a write is one datagram). QUIC: honoured.
  /// A contract flag: it belongs to the write policy (PartialWrites).
  enable_partial_write = SSL_MODE_ENABLE_PARTIAL_WRITE,

  /// The retry of a blocked SSL_write may come from another address. Its contents must be the same: OpenSSL does not
  /// look, and sends the old bytes. Default: off. TLS: as said. DTLS: no effect (nothing is retried). QUIC: honoured.
  /// A contract flag: it belongs to the write policy (MovingWrites).
  accept_moving_write_buffer = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,

  /// SSL_read goes on to the next record after one that carried no application data (tickets, key updates), instead of
  /// answering WANT_READ with nothing wrong. Default: on since OpenSSL 1.1.1. TLS and DTLS: a blocking transport then
  /// never bothers the caller; a non-blocking one still answers WANT_READ when the input runs dry. QUIC: no effect.
  /// A contract flag: it belongs to the policy's `modes`.
  auto_retry = SSL_MODE_AUTO_RETRY,

  /// OpenSSL does not complete an identity's chain from the trust store when it sends certificates. Default: off.
  /// Undocumented. Saves the building of the chain in every full handshake of a server.
  no_auto_chain = SSL_MODE_NO_AUTO_CHAIN,

  /// The record buffers (about 34 KB a connection) are freed whenever they are empty. Default: off.
  /// TLS: an idle connection shrinks to about a third; costs one allocation more per read and write. DTLS: none in
  /// OpenSSL 3.0, as the manual says; since 3.2 it frees there too. QUIC: no effect.
  /// Set after the handshake it reaches only half of the buffers (since 3.2): set it in the policy.
  release_buffers = SSL_MODE_RELEASE_BUFFERS,

  /// The client puts the time, instead of random bytes, at the head of its hello. Default: off. Undocumented.
  /// TLS 1.2 and 1.3 alike; tells an observer the clock of the client.
  send_clienthello_time = SSL_MODE_SEND_CLIENTHELLO_TIME,

  /// As send_clienthello_time, for the server's hello. Default: off. Undocumented.
  send_serverhello_time = SSL_MODE_SEND_SERVERHELLO_TIME,

  /// The client marks its hello as a second try at a lower version (RFC 7507). Default: off. A server that speaks a
  /// higher version refuses such a hello with the alert inappropriate_fallback: never set it on a first try.
  send_fallback_scsv = SSL_MODE_SEND_FALLBACK_SCSV,

  /// Handshakes and I/O may pause while an asynchronous engine works (SSL_ERROR_WANT_ASYNC). Default: off.
  /// Without such an engine: no effect.
  async = SSL_MODE_ASYNC,

  /// DTLS over SCTP computes its key label with the length error of OpenSSL 1.0.1 and older. Default: off.
  /// TLS, DTLS over UDP and QUIC: no effect.
  dtls_sctp_label_length_bug = SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG,
};

/// Gives the enumerator's name, such as "release_buffers".
/// Returns: an empty view for a value that is not exactly one known flag.
[[nodiscard]] constexpr std::string_view name(Mode mode) noexcept {
  switch (mode) {
    case Mode::enable_partial_write: return "enable_partial_write";
    case Mode::accept_moving_write_buffer: return "accept_moving_write_buffer";
    case Mode::auto_retry: return "auto_retry";
    case Mode::no_auto_chain: return "no_auto_chain";
    case Mode::release_buffers: return "release_buffers";
    case Mode::send_clienthello_time: return "send_clienthello_time";
    case Mode::send_serverhello_time: return "send_serverhello_time";
    case Mode::send_fallback_scsv: return "send_fallback_scsv";
    case Mode::async: return "async";
    case Mode::dtls_sctp_label_length_bug: return "dtls_sctp_label_length_bug";
  }
  return {};
}

}  // namespace tlsmode

#endif
