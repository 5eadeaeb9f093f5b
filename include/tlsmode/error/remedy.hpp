// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ERROR_REMEDY_HPP
#define TLSMODE_ERROR_REMEDY_HPP

#include <cerrno>
#include <string_view>

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509err.h>

namespace tlsmode::detail {

[[nodiscard]] constexpr std::string_view remedy_for_verify_result(long result) noexcept {
  switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "connect with a PeerName that the certificate carries, or have one issued for this name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the peer signed its own certificate: give Trust that certificate, or have one issued by a CA";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      return "unknown CA: give Trust the issuer's root, or have the peer send its intermediate certificates";
    case X509_V_ERR_CERT_HAS_EXPIRED: return "the certificate has expired: renew it, and check this machine's clock";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "the certificate is not valid yet: check this machine's clock";
    case X509_V_ERR_INVALID_PURPOSE: return "the certificate was issued for another use: see its extended key usage";
    default: return {};
  }
}

[[nodiscard]] constexpr std::string_view remedy_for_ssl_reason(int reason) noexcept {
  switch (reason) {
    case SSL_R_HTTP_REQUEST: return "the peer spoke plain HTTP to this TLS port: it has to use https";
    case SSL_R_HTTPS_PROXY_REQUEST: return "the peer took this TLS port for an HTTP proxy";
    case SSL_R_WRONG_VERSION_NUMBER:
      return "the peer does not speak TLS on this port (plain HTTP, or a service that wants STARTTLS?)";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return "the two sides share no protocol version: compare min_version and max_version of the policies";
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return "the two sides share no cipher, group or signature algorithm: compare their settings";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return "the peer does not trust the issuer of our certificate";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE: return "the peer refused our certificate";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return "our certificate has expired: renew it";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "the server asks for a client certificate: give the client's Context an Identity";
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: return "the two sides share no ALPN protocol";
    default: return {};
  }
}

/// The common remedy for an entry of the error queue; empty if there is none.
[[nodiscard]] inline std::string_view remedy_for_queue_code(unsigned long code) noexcept {
  const int reason = ERR_GET_REASON(code);
  switch (ERR_GET_LIB(code)) {
    case ERR_LIB_SSL: return remedy_for_ssl_reason(reason);
    case ERR_LIB_X509:
      return reason == X509_R_KEY_VALUES_MISMATCH ? "the private key belongs to another certificate" : "";
    case ERR_LIB_PEM: return reason == PEM_R_NO_START_LINE ? "there is no PEM block of the right kind in it" : "";
    default: return {};
  }
}

[[nodiscard]] constexpr std::string_view remedy_for_system_error(int number) noexcept {
  switch (number) {
    case EPIPE:
    case ECONNRESET: return "the peer is gone: it closed or reset the connection";
    case EMFILE:
    case ENFILE: return "no descriptors left: raise the limit or close some";
    default: return {};
  }
}

}  // namespace tlsmode::detail

#endif
