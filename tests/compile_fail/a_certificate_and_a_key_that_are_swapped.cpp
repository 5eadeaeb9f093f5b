// SPDX-License-Identifier: MIT
// expect-gcc: no known conversion for argument 1 from ‘EVP_PKEY*’
// expect-clang: cannot convert argument of incomplete type 'EVP_PKEY *'
#include <tlsmode/tlsmode.hpp>

tlsmode::Identity test(X509* certificate, EVP_PKEY* key) {
#ifdef CONTROL
  return tlsmode::Identity{certificate, key};
#else
  return tlsmode::Identity{key, certificate};
#endif
}
