// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FUZZ_RAW_SSL_HPP
#define TLSMODE_TESTS_FUZZ_RAW_SSL_HPP

// OpenSSL without tlsmode, over a Wire: peers, and sessions that make handshakes cheap.

#include <string>

#include <openssl/ssl.h>

#include "support/raw_pair.hpp"
#include "support/wire.hpp"

namespace tlsmode_tests {

/// Puts two BIOs over `end`, which outlives `ssl`, under it.
void put_wire_under(::SSL* ssl, WireEnd& end);

/// Makes `context` open the tickets of every other context that was treated so.
void share_tickets(::SSL_CTX* context);

/// The version that `ssl` speaks, and for clients whether it resumes a session.
void set_version(::SSL* ssl, int version, bool resumes);

/// A peer that speaks AES-128-GCM with SHA-256 only, sends no tickets after a handshake, and verifies nothing.
[[nodiscard]] SslHandle make_raw_ssl(bool is_client, WireEnd& end);

/// The secret with which `ssl`, a raw one, protects what it sends in TLS 1.3; empty before the handshake.
[[nodiscard]] std::string sending_secret(const ::SSL* ssl);

}  // namespace tlsmode_tests

#endif
