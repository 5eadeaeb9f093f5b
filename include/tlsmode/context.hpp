// SPDX-License-Identifier: MIT
#ifndef TLSMODE_CONTEXT_HPP
#define TLSMODE_CONTEXT_HPP

#include <initializer_list>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/detail/alpn.hpp>
#include <tlsmode/detail/c_text.hpp>
#include <tlsmode/detail/handle.hpp>
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
/// Errors: every constructor and setter throws Error; nothing is set in part.
/// Wraps: SSL_CTX_new(3).  Proof: tests/unit/context_test.cpp, tests/threads.
template <PolicyType Policy>
class Context {
  static_assert(detail::policy_is_coherent<Policy>());

 public:
  /// A client that believes what the system trusts.
  Context()
    requires NeedsNoIdentity<Policy>
      : Context{Fresh{}} {
    if constexpr (Policy::verification != Verification::insecure_anyone_can_be_my_peer) {
      Trust::system().apply_to(native_handle());
    }
  }

  /// A client that believes `trust`; with `identity`, one that can show who it is.
  explicit Context(const Trust& trust)
    requires NeedsNoIdentity<Policy>
      : Context{Fresh{}} {
    trust.apply_to(native_handle());
  }
  Context(const Trust& trust, const Identity& identity)
    requires NeedsNoIdentity<Policy>
      : Context{trust} {
    show(identity);
  }

  /// A server; with `trust`, one that requires and verifies a certificate of its clients.
  explicit Context(const Identity& identity)
    requires ShowsIdentity<Policy>
      : Context{Fresh{}} {
    show(identity);
  }
  Context(const Identity& identity, const Trust& trust)
    requires ShowsIdentity<Policy>
      : Context{identity} {
    ask_for_client_certificates(trust);
  }

  explicit Context(std::string_view, std::string_view = {}) = delete;  // FIX: Trust::file(…), Identity::from_pem(…)

  /// Takes over an SSL_CTX, with all it is configured for, and establishes the policy on it: modes, verification of the
  /// peer, and its versions. A server keeps its own verify mode and number of tickets.
  /// Lifetime: the SSL_CTX is freed with this object, also if this throws. Errors: throws Error if it is null.
  explicit Context(SSL_CTX* adopted) : handle_{adopted} {
    require(adopted != nullptr, Operation::make_context, "the adopted SSL_CTX is null");
    establish();
  }

  Context(Context&&) noexcept = default;
  Context& operator=(Context&&) noexcept = default;
  Context(const Context&) = delete;             // FIX: a handle has one owner: move it, or pass a reference
  Context& operator=(const Context&) = delete;  // FIX: a handle has one owner: move it, or pass a reference
  ~Context() = default;

  /// Adds `extra` to the modes that new connections start with, and returns the resulting set.
  /// Existing connections keep theirs: OpenSSL copies the modes in SSL_new.
  /// Wraps: SSL_CTX_set_mode(3).  Proof: tests/openssl/modes_test.cpp.
  ModeSet add_modes(TunableModes extra) noexcept {
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
      static constexpr unsigned char name[] = "tlsmode";  // without one, resumed sessions of verified clients fail
      ::SSL_CTX_set_session_id_context(native_handle(), name, sizeof name - 1);
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

  void ask_for_client_certificates(const Trust& trust) {
    trust.apply_to(native_handle());
    ::SSL_CTX_set_verify(native_handle(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    const detail::Certificates issuers{::X509_STORE_get1_all_certs(trust.store())};  // what clients are told of
    require(static_cast<bool>(issuers), Operation::make_context, "cannot tell clients who is trusted");
    for (int i = 0; i != sk_X509_num(issuers.get()); ++i) {
      require(::SSL_CTX_add_client_CA(native_handle(), sk_X509_value(issuers.get(), i)) == 1, Operation::make_context,
              "cannot tell clients who is trusted");
    }
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
