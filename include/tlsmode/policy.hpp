// SPDX-License-Identifier: MIT
#ifndef TLSMODE_POLICY_HPP
#define TLSMODE_POLICY_HPP

#include <concepts>
#include <cstddef>

#include <openssl/ssl.h>

#include <tlsmode/record_sizing.hpp>
#include <tlsmode/write_rules.hpp>

namespace tlsmode {

/// The side of the handshake a policy speaks for.
enum class Role { client, server };

/// Streams (TLS) or datagrams (DTLS). A Context can be made for both; a Connection speaks TLS.
enum class Protocol { tls, dtls };

/// A protocol version, as OpenSSL numbers it.
enum class Version : int {
  tls1_0 = TLS1_VERSION,
  tls1_1 = TLS1_1_VERSION,
  tls1_2 = TLS1_2_VERSION,
  tls1_3 = TLS1_3_VERSION,
};

/// How far a client believes its peer. Anything but `chain_and_name` is spelled out in the policy, where it can be found.
enum class Verification {
  chain_and_name,                  ///< The chain leads to a trusted root, and the certificate carries the peer's name.
  insecure_chain_without_name,     ///< Any certificate of a trusted issuer will do: a man in the middle with one, too.
  insecure_anyone_can_be_my_peer,  ///< Nothing is verified. For tests, and for peers verified by other means.
};

/// What becomes of OpenSSL's buffers, 17 KB for each direction, between calls. Mode::release_buffers, which frees them
/// after every record, goes with either.
enum class Buffers {
  /// Given back when a read finds nothing, and on a transport that does not wait also after a write: its idle connections
  /// hold none, and bulk transfer pays nothing. One that waits for input is not idle between calls, and keeps them.
  adaptive,
  kept,  ///< They stay until the connection is destroyed.
};

/// The complete default policy of a client. Derive and shadow to configure.
/// Verifies chain and name, speaks TLS 1.2 and 1.3, follows OpenSSL's own write rule.
struct Client {
  static constexpr Role role = Role::client;
  static constexpr Protocol protocol = Protocol::tls;
  using Writes = StrictWrites;

  /// The modes on top of Writes::modes. Shadowing replaces the set: `Client::modes | Mode::release_buffers` keeps it.
  static constexpr ModeSet modes = Mode::auto_retry;

  static constexpr Verification verification = Verification::chain_and_name;
  static constexpr Version min_version = Version::tls1_2;
  static constexpr Version max_version = Version::tls1_3;

  /// The most plaintext in one record. Units: bytes, 512 to 16384.
  static constexpr std::size_t record_size = 16384;

  /// How much of that a record holds: FullRecords, or DynamicRecords for those whose peers wait for the first bytes.
  using Records = FullRecords;

  /// The most plaintext that one write commits before the transport has taken it. Units: bytes; one record to 256 KiB.
  static constexpr std::size_t batch_size = 65536;

  /// Whether OpenSSL's buffers stay between calls. Proof: tests/unit/connection_memory_test.cpp.
  static constexpr Buffers buffers = Buffers::adaptive;

  /// How many session tickets a server gives a client after a full handshake of TLS 1.3, and one after a resumed one; with
  /// 0, no session of TLS 1.3 is resumed. A client uses a ticket once: with one for each connection it never runs out.
  /// More are for clients that open several connections at the same moment. OpenSSL's own default is 2.
  /// Units: tickets, each a record. Wraps: SSL_CTX_set_num_tickets(3).
  static constexpr std::size_t session_tickets = 1;

  /// Hands encryption to the kernel where it can be had; needs NativeBio and a write rule whose buffer stays in place.
  static constexpr bool kernel_tls = false;

  /// Keeps the keys that the key exchange was made with for as long as the connection lives, as OpenSSL does by itself.
  /// Nothing needs them after the handshake but SSL_get_tmp_key and SSL_get_peer_tmp_key, which else answer an empty key.
  /// They take 0.4 KiB of an idle connection, and with ML-KEM (OpenSSL 3.5) 6.8 KiB at a server, 8.4 KiB at a client.
  static constexpr bool keep_key_shares = false;
};

/// The complete default policy of a server. Derive and shadow to configure.
/// As Client, but asks for no certificate unless its Context is given a Trust; then it requires and verifies one.
struct Server : Client {
  static constexpr Role role = Role::server;
};

/// A policy: everything that Client states, with Writes a write rule and the write-rule bits nowhere else.
// clang-format off
template <typename P>
concept PolicyType =
    requires { typename P::Writes; } &&  // FIX: derive the policy from tlsmode::Client or tlsmode::Server
    WriteRule<typename P::Writes> &&
    requires { typename P::Records; } &&  // FIX: derive the policy from tlsmode::Client or tlsmode::Server
    RecordSizing<typename P::Records> &&
    requires {
      { P::role } -> std::convertible_to<Role>;  // FIX: derive the policy from tlsmode::Client or tlsmode::Server
      { P::protocol } -> std::convertible_to<Protocol>;  // FIX: Protocol::tls or Protocol::dtls
      { P::modes } -> std::convertible_to<ModeSet>;  // FIX: static constexpr ModeSet modes = Mode::release_buffers | …;
      { P::verification } -> std::convertible_to<Verification>;  // FIX: Verification::chain_and_name, …
      { P::min_version } -> std::convertible_to<Version>;  // FIX: Version::tls1_2, …
      { P::max_version } -> std::convertible_to<Version>;  // FIX: Version::tls1_3, …
      { P::record_size } -> std::convertible_to<std::size_t>;  // FIX: a number of bytes
      { P::batch_size } -> std::convertible_to<std::size_t>;  // FIX: a number of bytes
      { P::buffers } -> std::convertible_to<Buffers>;  // FIX: Buffers::adaptive or Buffers::kept
      { P::kernel_tls } -> std::convertible_to<bool>;  // FIX: true or false
      { P::keep_key_shares } -> std::convertible_to<bool>;  // FIX: true or false
      { P::session_tickets } -> std::convertible_to<std::size_t>;  // FIX: a number of tickets
    } &&
    !ModeSet{P::modes}.intersects(write_rule_modes);  // FIX: choose these with `using Writes = MovingWrites;` and its kin
// clang-format on

/// The modes a connection of the policy starts with: Writes::modes | Policy::modes.
template <PolicyType Policy>
inline constexpr ModeSet modes_of = ModeSet{Policy::Writes::modes} | ModeSet{Policy::modes};

template <typename P>
concept ClientPolicy = PolicyType<P> && P::role == Role::client;
template <typename P>
concept ServerPolicy = PolicyType<P> && P::role == Role::server;

/// Clients that verify a name: the peer has to be named when a connection is made.
template <typename P>
concept NamesItsPeer = ClientPolicy<P> && P::verification == Verification::chain_and_name;

template <typename P>
concept BuffersWrites = PolicyType<P> && is_buffered<typename P::Writes>;

/// The bytes of a blocked write may be presented from another address: retry(span).
template <typename P>
concept AllowsMovedBuffer =
    PolicyType<P> &&
    !is_buffered<typename P::Writes> &&  // FIX: BufferedWrites retries nothing: flush(), then write() what is new
    modes_of<P>.contains(Mode::accept_moving_write_buffer);  // FIX: retry() takes no bytes here; or use MovingWrites

/// The bytes of a blocked write stay where they are: retry().
template <typename P>
concept KeepsBufferInPlace =
    PolicyType<P> &&
    !is_buffered<typename P::Writes> &&  // FIX: BufferedWrites retries nothing: flush(), then write() what is new
    !modes_of<P>.contains(Mode::accept_moving_write_buffer);  // FIX: say where the bytes are now: retry(span)

template <typename P>
concept AllowsPartialWrite = PolicyType<P> && modes_of<P>.contains(Mode::enable_partial_write);

namespace detail {

/// The most that may be committed at once: a retry compares as much with what it was.
inline constexpr std::size_t largest_batch = std::size_t{256} * 1024;

/// Says what is wrong with a policy whose parts do not fit together. Instantiated by Context and Connection.
template <PolicyType P>
consteval bool policy_is_coherent() {
  static_assert(P::record_size >= 512 && P::record_size <= 16384,
                "record_size is out of range. Choose 512 to 16384 bytes of plaintext per record.");
  if constexpr (P::Records::is_dynamic) {
    static_assert(P::Records::small_size >= 1 && P::Records::small_size <= P::record_size,
                  "small_size is out of range. Choose 1 byte up to the policy's record_size.");
  }
  static_assert(P::batch_size >= P::record_size, "batch_size is less than one record. Raise it, or lower record_size.");
  static_assert(P::batch_size <= largest_batch, "batch_size is too large. Choose at most 256 KiB.");
  static_assert(P::min_version <= P::max_version, "min_version is above max_version. Swap them.");
  static_assert(!(P::protocol == Protocol::dtls && ModeSet{P::modes}.contains(Mode::release_buffers)),
                "release_buffers has no effect on DTLS, says the manual. Remove it from this policy's modes.");
  static_assert(!(P::kernel_tls && ModeSet{P::Writes::modes}.contains(Mode::accept_moving_write_buffer)),
                "kernel TLS keeps the address of a blocked write. Use StrictWrites, PartialWrites or BufferedWrites.");
  return true;
}

}  // namespace detail

}  // namespace tlsmode

#endif
