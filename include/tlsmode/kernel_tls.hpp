// SPDX-License-Identifier: MIT
#ifndef TLSMODE_KERNEL_TLS_HPP
#define TLSMODE_KERNEL_TLS_HPP

// For policies with `kernel_tls = true`: the engine that leaves OpenSSL's own socket BIO in its place.
// Where the kernel or OpenSSL has no kernel TLS, such connections work all the same, and encrypt in the process.

#include <tlsmode/engine/native_engine.hpp>
#include <tlsmode/tlsmode.hpp>

#endif
