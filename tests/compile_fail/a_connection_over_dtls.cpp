// SPDX-License-Identifier: MIT
// expect: A Connection speaks TLS. For DTLS make the Context, and the SSL from its native_handle().
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifndef CONTROL
  static constexpr tlsmode::Protocol protocol = tlsmode::Protocol::dtls;
#endif
};

tlsmode::ModeSet test(const tlsmode::Connection<Policy>& connection) { return connection.modes(); }
