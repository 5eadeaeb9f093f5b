// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ERROR_FAILURE_HPP
#define TLSMODE_ERROR_FAILURE_HPP

#include <cerrno>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/error.hpp>

namespace tlsmode::detail {

/// Whether OpenSSL's last error is the end of the stream where close_notify should have been.
[[nodiscard]] inline bool is_unexpected_end() noexcept { return is_unexpected_end(::ERR_peek_last_error()); }

/// The errno of a failed call: `from_errno`, or what OpenSSL 3.2 and later put into the queue. 0 if it is not about that.
[[nodiscard]] inline int system_error_of(int from_errno) noexcept {
  const unsigned long first = ::ERR_peek_error();
  if (first == 0) {
    return from_errno;
  }
  return ERR_SYSTEM_ERROR(first) ? ERR_GET_REASON(first) : 0;
}

/// The name or address that the peer of an SSL has to have. Leaves the error queue as it is.
/// Wraps: X509_VERIFY_PARAM_get0_host(3), X509_VERIFY_PARAM_get1_ip_asc(3).
class ExpectedPeer {
 public:
  explicit ExpectedPeer(SSL* ssl) noexcept : name_{::X509_VERIFY_PARAM_get0_host(::SSL_get0_param(ssl), 0)} {
    if (name_ == nullptr) {
      ::ERR_set_mark();
      address_ = ::X509_VERIFY_PARAM_get1_ip_asc(::SSL_get0_param(ssl));
      ::ERR_pop_to_mark();  // that there is no address is an error, too
    }
  }
  ExpectedPeer(const ExpectedPeer&) = delete;
  ExpectedPeer& operator=(const ExpectedPeer&) = delete;
  ~ExpectedPeer() { ::OPENSSL_free(address_); }

  /// Empty if any will do. Lifetime: as long as this object and the SSL.
  [[nodiscard]] std::string_view text() const noexcept {
    const char* const text = name_ != nullptr ? name_ : address_;
    return text != nullptr ? text : std::string_view{};
  }

 private:
  const char* name_;
  char* address_ = nullptr;
};

/// Whether a client was asked for a certificate in this handshake, and has none. Of TLS 1.3 that is not known: there the
/// alert has its own name.
[[nodiscard]] inline bool has_denied_certificate(SSL* ssl) noexcept {
  return ::SSL_is_server(ssl) == 0 && ::SSL_get0_peer_CA_list(ssl) != nullptr && ::SSL_get_certificate(ssl) == nullptr;
}

/// The error of an operation that OpenSSL or the transport ended. Takes the error queue over.
[[nodiscard]] inline Error failure_of(SSL* ssl, Operation operation, int system_error) noexcept {
  if (system_error != 0) {
    return Error{{.kind = system_error == ENOMEM ? ErrorKind::out_of_memory : ErrorKind::system,
                  .operation = operation,
                  .message = "the transport failed",
                  .system_error = system_error}};
  }
  const unsigned long last = ::ERR_peek_last_error();
  if (ERR_GET_LIB(last) == ERR_LIB_SSL && ERR_GET_REASON(last) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    const ExpectedPeer expected{ssl};
    return Error{{.kind = ErrorKind::verification,
                  .operation = operation,
                  .message = expected.text().empty() ? "the peer's certificate was refused"
                                                     : "the peer's certificate was refused, for",
                  .subject = expected.text(),
                  .verify_result = ::SSL_get_verify_result(ssl)}};
  }
  const bool is_unnamed_refusal =
      ERR_GET_LIB(last) == ERR_LIB_SSL && ERR_GET_REASON(last) == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE;
  if (is_unnamed_refusal && has_denied_certificate(ssl)) {
    return Error{{.operation = operation, .remedy = remedy_for_missing_identity}};
  }
  return Error{{.operation = operation}};
}

/// The error of a handshake that resumed a session whose peer this connection does not accept.
[[nodiscard]] inline Error refused_session(SSL* ssl, Operation operation, long verify_result) noexcept {
  const ExpectedPeer expected{ssl};
  return Error{{.kind = ErrorKind::verification,
                .operation = operation,
                .message = expected.text().empty() ? "the resumed session is not of a peer that is accepted here"
                                                   : "the resumed session is not of a peer that is accepted as",
                .subject = expected.text(),
                .remedy = "resume only what was made by this policy, with this trust, for this name",
                .verify_result = verify_result}};
}

}  // namespace tlsmode::detail

#endif
