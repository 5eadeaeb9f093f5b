// SPDX-License-Identifier: MIT
// expect: kernel TLS needs OpenSSL's own socket BIO. Use NativeBio::socket(descriptor) as the transport.
#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  static constexpr bool kernel_tls = true;
};

#ifdef CONTROL
using Transport = tlsmode::NativeBio;
#else
using Transport = tlsmode::Socket;
#endif

tlsmode::ModeSet test(const tlsmode::Connection<Policy, Transport>& connection) { return connection.modes(); }
