// SPDX-License-Identifier: MIT
#ifndef TLSMODE_CONTEXT_HPP
#define TLSMODE_CONTEXT_HPP

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/client_ca_names.hpp>
#include <tlsmode/detail/alpn.hpp>
#include <tlsmode/detail/c_text.hpp>
#include <tlsmode/detail/handle.hpp>
#include <tlsmode/detail/trust_digest.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/identity.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/trust.hpp>

namespace tlsmode {

namespace detail {

/// Leaves the error queue as it was: OpenSSL gets over an allocation that fails here, and would leave its trace.
inline void free_context(SSL_CTX* context) noexcept {
  ::ERR_set_mark();
  ::SSL_CTX_free(context);
  ::ERR_pop_to_mark();
}

}  // namespace detail

template <typename P>
concept NeedsNoIdentity =
    PolicyType<P> &&
    P::role == Role::client;  // FIX: a server shows a certificate: Context<Server>{Identity::from_pem_files(…)}
template <typename P>
concept ShowsIdentity =
    PolicyType<P> &&
    P::role == Role::server;  // FIX: a client may have an identity, but needs a trust first: {trust, identity}

/// What connections of one policy have in common; owns an SSL_CTX. Move-only.
/// Sharing: any number of threads may make and use connections of a const Context. add_modes() and the setters may not
/// run while another thread makes a connection of it, or uses one: OpenSSL changes an SSL_CTX without a lock. Configure
/// before the first connection, or when all are done.
/// Lifetime: a connection keeps the SSL_CTX alive by itself.
/// Sessions: their id context is a digest of whom this context trusts (certificates, CRLs), how it verifies, who it is, and
/// the policy's role and versions, as they are when the constructor ends. A server resumes sessions of an equal context
/// only, also in another process with the same ticket keys; a client that offers one of another context fails.
/// Errors: every constructor and setter throws Error; nothing is set in part.
/// Wraps: SSL_CTX_new(3).  Proof: tests/unit/context_test.cpp, tests/threads.
template <PolicyType Policy>
class Context {
  static_assert(detail::policy_is_coherent<Policy>());
  using AddableModes = std::conditional_t<Policy::protocol == Protocol::dtls, detail::DatagramModes, TunableModes>;

 public:
  /// A client that believes what the system trusts.
  Context()
    requires NeedsNoIdentity<Policy>
      : Context{Fresh{}} {
    if constexpr (Policy::verification != Verification::insecure_anyone_can_be_my_peer) {
      const Trust trust = Trust::system();
      trust.apply_to(native_handle());
      name_sessions(&trust);
    } else {
      name_sessions(nullptr);
    }
  }

  /// A client that believes `trust`; with `identity`, one that can show who it is.
  explicit Context(const Trust& trust)
    requires NeedsNoIdentity<Policy>
      : Context{Fresh{}} {
    trust.apply_to(native_handle());
    name_sessions(&trust);
  }
  Context(const Trust& trust, const Identity& identity)
    requires NeedsNoIdentity<Policy>
      : Context{Fresh{}} {
    trust.apply_to(native_handle());
    show(identity);
    name_sessions(&trust);
  }

  /// A server; with `trust`, one that requires and verifies a certificate of its clients, and names whom it trusts to
  /// them as `names` says.
  explicit Context(const Identity& identity)
    requires ShowsIdentity<Policy>
      : Context{Fresh{}} {
    show(identity);
    name_sessions(nullptr);
  }
  Context(const Identity& identity, const Trust& trust, ClientCaNames names = ClientCaNames::if_few)
    requires ShowsIdentity<Policy>
      : Context{Fresh{}} {
    show(identity);
    trust.apply_to(native_handle());
    ::SSL_CTX_set_verify(native_handle(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    detail::announce_cas(native_handle(), trust.store(), names);
    name_sessions(&trust);
  }

  explicit Context(std::string_view, std::string_view = {}) = delete;  // FIX: Trust::file(…), Identity::from_pem(…)

  /// Takes over an SSL_CTX, with all it is configured for, and establishes the policy on it: modes, verification of the
  /// peer, and its versions. A server keeps its own verify mode and number of tickets.
  /// Lifetime: the SSL_CTX is freed with this object, also if this throws. Errors: throws Error if it is null.
  explicit Context(SSL_CTX* adopted) : handle_{adopted} {
    require(adopted != nullptr, Operation::make_context, "the adopted SSL_CTX is null");
    establish();
    name_sessions(nullptr, detail::partial_digest);
  }

  Context(Context&&) noexcept = default;
  Context& operator=(Context&&) noexcept = default;
  Context(const Context&) = delete;             // FIX: a handle has one owner: move it, or pass a reference
  Context& operator=(const Context&) = delete;  // FIX: a handle has one owner: move it, or pass a reference
  ~Context() = default;

  /// Adds `extra` to the modes that new connections start with, and returns the resulting set.
  /// Existing connections keep theirs: OpenSSL copies the modes in SSL_new.
  /// Wraps: SSL_CTX_set_mode(3).  Proof: tests/openssl/modes_test.cpp.
  ModeSet add_modes(AddableModes extra) noexcept {
    return handle_ ? ModeSet::from_bits(bits(SSL_CTX_set_mode(handle_.get(), static_cast<long>(ModeSet{extra}.bits()))))
                   : ModeSet{};
  }

  /// The modes that new connections start with. Wraps: SSL_CTX_get_mode(3).
  [[nodiscard]] ModeSet modes() const noexcept {
    return handle_ ? ModeSet::from_bits(bits(SSL_CTX_get_mode(handle_.get()))) : ModeSet{};
  }

  /// The ciphers for TLS 1.2, in OpenSSL's notation, best first. Wraps: SSL_CTX_set_cipher_list(3).
  void set_cipher_list(const detail::CText<Operation::configure_context>& ciphers) {
    const detail::Handle<&::SSL_free> trial{::SSL_new(usable())};  // a list that OpenSSL refuses replaces the old one
    require(trial && ::SSL_set_cipher_list(trial.get(), ciphers.c_str()) == 1 &&
                ::SSL_CTX_set_cipher_list(native_handle(), ciphers.c_str()) == 1,
            "no cipher for TLS 1.2 in", ciphers.view());
  }
  /// The cipher suites for TLS 1.3, separated by colons, best first. Wraps: SSL_CTX_set_ciphersuites(3).
  void set_cipher_suites(const detail::CText<Operation::configure_context>& suites) {
    require(::SSL_CTX_set_ciphersuites(usable(), suites.c_str()) == 1, "no cipher suites of TLS 1.3:", suites.view());
  }
  /// The groups for the key exchange, separated by colons, best first. Wraps: SSL_CTX_set1_groups_list(3).
  void set_groups(const detail::CText<Operation::configure_context>& groups) {
    const bool is_set = ::SSL_CTX_ctrl(usable(), SSL_CTRL_SET_GROUPS_LIST, 0, const_cast<char*>(groups.c_str())) == 1;
    require(is_set && !groups.view().empty(), "no groups:", groups.view());  // OpenSSL 3.5 takes an empty list
  }
  /// The application protocols, best first. A server picks the first of its own that the client offers, and refuses a
  /// client that offers only others. Wraps: SSL_CTX_set_alpn_protos(3), SSL_CTX_set_alpn_select_cb(3).
  void set_alpn(std::initializer_list<std::string_view> protocols) {
    require(detail::apply_alpn(usable(), detail::AlpnList{protocols}, Policy::role == Role::server),
            "cannot set the ALPN protocols", {});
  }

  /// The honest exit: what is done through it is outside the promises. Null once moved from.
  [[nodiscard]] SSL_CTX* native_handle() const noexcept { return handle_.get(); }

 private:
  struct Fresh {};

  explicit Context(Fresh) : handle_{::SSL_CTX_new(method())} {
    require(static_cast<bool>(handle_), Operation::make_context, "OpenSSL made no SSL_CTX");
    establish();
    if constexpr (Policy::role == Role::server) {
      ::SSL_CTX_set_num_tickets(native_handle(), Policy::session_tickets);
    }
  }

  [[nodiscard]] static const SSL_METHOD* method() noexcept {
    if constexpr (Policy::protocol == Protocol::dtls) {
      return Policy::role == Role::client ? ::DTLS_client_method() : ::DTLS_server_method();
    } else {
      return Policy::role == Role::client ? ::TLS_client_method() : ::TLS_server_method();
    }
  }

  void establish() {
    SSL_CTX* const context = native_handle();
    ::ERR_clear_error();
    SSL_CTX_clear_mode(context, long{contract_modes.bits()});
    SSL_CTX_set_mode(context, long{modes_of<Policy>.bits()});
    if constexpr (Policy::role == Role::client) {
      ::SSL_CTX_set_verify(
          context,
          Policy::verification == Verification::insecure_anyone_can_be_my_peer ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
          ::SSL_CTX_get_verify_callback(context));
    }
    if constexpr (Policy::protocol == Protocol::tls) {
      const int least = static_cast<int>(Policy::min_version);  // an SSL_CTX for datagrams takes it, and ignores it
      require(SSL_CTX_set_min_proto_version(context, least) == 1 &&
                  SSL_CTX_set_max_proto_version(context, static_cast<int>(Policy::max_version)) == 1 &&
                  SSL_CTX_get_min_proto_version(context) == least,
              Operation::make_context, "OpenSSL refuses the policy's versions");
    }
#ifdef SSL_OP_ENABLE_KTLS
    if constexpr (Policy::kernel_tls) {
      SSL_CTX_set_options(context, SSL_OP_ENABLE_KTLS);
    }
#endif
  }

  void show(const Identity& identity) {
    require(identity.apply_to(native_handle()), Operation::make_context, "OpenSSL refuses the identity");
    ::ERR_clear_error();  // OpenSSL takes a certificate with a broken extension, and says so all the same
  }

  /// The last step of every constructor: names the sessions made here after all that decides who may resume them.
  void name_sessions(const Trust* trust, std::string_view kind = detail::whole_digest) {
    detail::Hasher hasher;
    hasher.add_number(static_cast<std::uint64_t>(Policy::role));
    hasher.add_number(static_cast<std::uint64_t>(Policy::protocol));
    hasher.add_number(static_cast<std::uint64_t>(Policy::min_version));
    hasher.add_number(static_cast<std::uint64_t>(Policy::max_version));
    hasher.add_number(static_cast<std::uint64_t>(Policy::verification));
    if (trust != nullptr) {
      trust->add_to(hasher);
    }
    detail::add_context(hasher, native_handle());
    require(detail::set_session_id_context(native_handle(), kind, hasher), Operation::make_context, "out of memory");
    ::ERR_clear_error();
  }

  /// The SSL_CTX, with a clean error queue. Errors: throws Error if this object was moved from.
  [[nodiscard]] SSL_CTX* usable() const {
    if (!handle_) {
      throw Error{{.kind = ErrorKind::misuse,
                   .operation = Operation::configure_context,
                   .message = "this context was moved from"}};
    }
    ::ERR_clear_error();
    return handle_.get();
  }

  [[nodiscard]] static std::uint32_t bits(long mask) noexcept { return static_cast<std::uint32_t>(mask); }

  static void require(bool holds, Operation operation, std::string_view message) {
    if (!holds) {
      throw Error{{.kind = ErrorKind::input, .operation = operation, .message = message}};
    }
  }
  static void require(bool holds, std::string_view message, std::string_view subject) {
    if (!holds) {
      throw Error{{.kind = ErrorKind::input,
                   .operation = Operation::configure_context,
                   .message = message,
                   .subject = subject}};
    }
    ::ERR_clear_error();  // OpenSSL may get over a failed allocation, and leave its trace
  }

  detail::Handle<&detail::free_context> handle_;
};

}  // namespace tlsmode

#endif
