/* SPDX-License-Identifier: Apache-2.0 */
/* Known-answer tests: every operation of the card once, with published values. Run at start: a
 * machine or a library that computes something else must not sign. */
#include "crypto/known_answers.h"

#include "base/failure.h"

/* --- Published keys --- */

/* Wycheproof, rsa_pkcs1_2048_sig_gen_test.json, the group with exponent 65537 and SHA-256. */
static const struct known_key rsa_2048 = {
    .type = KEY_RSA,
    .bits = 2048,
    .exponent = 65537,
    .parts = {
        "a2b451a07d0aa5f96e455671513550514a8a5b462ebef717094fa1fee82224e637f9746d3f7cafd3"
        "1878d80325b6ef5a1700f65903b469429e89d6eac8845097b5ab393189db92512ed8a7711a1253fa"
        "cd20f79c15e8247f3d3e42e46e48c98e254a2fe9765313a03eff8f17e1a029397a1fa26a8dce26f4"
        "90ed81299615d9814c22da610428e09c7d9658594266f5c021d0fceca08d945a12be82de4d1ece6b"
        "4c03145b5d3495d4ed5411eb878daf05fd7afc3e09ada0f1126422f590975a1969816f48698bcbba"
        "1b4d9cae79d460d8f9f85e7975005d9bc22c4e5ac0f7c1a45d12569a62807d3b9a02e5a530e77306"
        "6f453d1f5b4c2e9cf7820283f742b9d5", /* n */
        "010001", /* e */
        "7627eef3567b2a27268e52053ecd31c3a7172ccb9ddcee819b306a5b3c66b7573ca4fa88efc6f3c4"
        "a00bfa0ae7139f64543a4dac3d05823f6ff477cfcec84fe2ac7a68b17204b390232e110310c4e899"
        "c4e7c10967db4acde042dbbf19dbe00b4b4741de1020aaaaffb5054c797c9f136f7d93ac3fc8caff"
        "6654242d7821ebee517bf537f44366a0fdd45ae05b9909c2e6cc1ed9281eff4399f76c96b96233ec"
        "29ae0bbf0d752b234fc197389f51050aa1acd01c074c3ac8fbdb9ea8b651a95995e8db4ad5c43b6c"
        "8673e5a126e7ee94b8dff4c5afc01259bc8da76950bae6f8bae715f50985b0d6f66d04c6fef3b700"
        "720eecdcdf171bb7b1ecbe7289c467c1", /* d */
        "dc431050f782e894fb5248247d98cb7d58b8d1e24f3b55d041c56e4de086b0d5bb028bda42eeb5d2"
        "34d5681e5809d415e6a289ad4cfbf78f978f6c35814f50eebff1c5b80a69f788e81e6bab5ddaa783"
        "69d659d143ec6f17e79813a575cfad9c569156b90113e2e9110ad9e7b48a1c9348a6e65332119129"
        "0ea36cfb3a5b18f1", /* p */
        "bd1a81e7977f9898122273ae3222b598ea5fb19eb4eabc38308a5e32196603b2e500ffb79f5b8868"
        "16611debc472fac45544070beb057c941378a6868af3b7a03d3f9880ec47d5e089b94fbde542aba9"
        "ae8d72c57088d7abf5b131f39098f7bc160f90536abc9492fd4e06f3ed7299d4b97bb03677207d95"
        "669f140cfbc20f25", /* q */
        "a94b528b28f291599121d91952ffd1c7f21d7c1479d99d478885fb161870ee1218bf08472612dbe5"
        "497e8d9c650688e09c786961ae3e2c354dc48ae34514759c4c23c4588488961dc06b414e61c0e1e7"
        "fbbd2923d31532fe289f96da220711e58c14019808e00414276933bb07e4efb9b4a9b37656917205"
        "209f33f09515d7c1", /* dp */
        "3af0e72a933aef09ff2503df78bafed531c02ff1a2bc437c540cdcbd4ad35435cf51176359654348"
        "0629b114ca7f780ff7efa32ea0cb6e000d6d9ea1f2ef71fd9cf9948422a165557e37e755edfe70d9"
        "0b920502eb478bc98a63f788ce3a0f856d6ede7251a383bfa8fa480a81a925af7b3cc538c4bab8c9"
        "f7597ffb68011d8d", /* dq */
        "2640fbfbcfefb163ee7a87b6483a66ee41f956d90fa8a7939bfc042ee0924b1b7993d0445f758d51"
        "933e85179c0320b0c968b48a91c38b5be923e1097c0c562f88d42294b6a2759bafa5428a74f12708"
        "74e45f6fcc60f21602de5eccd143cf31241f5921b5ad3983fb54ef17be3b285367e50c999c67247b"
        "552fe4bfce945f7b", /* qinv */
    },
};

/* Its test 82: twenty zero bytes as message; their EMSA-PKCS1-v1_5 block with SHA-256 (RFC 8017
 * 9.2), and the signature. */
#define MESSAGE_82 "0000000000000000000000000000000000000000"
static const char block_82[] =
    "0001ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffff003031300d060960864801650304020105000420de47c9b27eb8d300dbb5f2c353e632c3"
    "93262cf06340c4fa7f1b40c4cbd36f90";

static const char signature_82[] =
    "8a1b220cb2ab415dc760eb7f5bb10335a3cca269d7dbbf7d0962ba79f9cf7b43a5fc09c99a1584f0"
    "7403473d6c189a836897a5b6f8ea9fa22d601e6ba5f7411fe27c638b81b1a22363583a80fce8c7df"
    "3e40fb51bd0e60d0a6653f79f3bcb7ec3e9dc14cfb5b31ab1735bca692d50ac03f979dda92747c64"
    "30f8045efa3513ba6e0ce3e9e35570e1c30c8ebe589b44192e1344ca83dfa576fc6fdc7bf1cd7cee"
    "875b001c8c02ce8d602769e4bd9d241c4857182a0089a8b67644e73eef105c550efa47a408742893"
    "95ac0c4e02fd4ba98e130a4c2d1b95521c6af4a002ac3bdc6e52122ae4c08cc3da1c896e059acbdd"
    "ec574ac0432f6103dd97273d8803c102";

/* What block_82 deciphers to as PKCS#1 v1.5, by the implicit rejection of OpenSSL 4.0.0. */
static const char rejected_82[] =
    "b6f2456ab5f197ff7a9a4a3a8520e743f5826537a169b829810fd9a1c3b7688ab693536dac96cb7f"
    "335b45fcedbecf243f1df00f657593dc314b77d8f0857665afe2d5f7337ea518fc1e0cc834d27f5c"
    "1530a878cdab0553b8fb7e64f991f849f81906bcd14efe5fa3fa83664a0c40437bbb96f403c7bae7"
    "fe87d043fdcaefbcf486a7369d2aa527895214969e50ff8d254e6cd32863ebdcdc35efc4df0056f8"
    "0514d21c4201631cfdfc84c2a6d32ec774fbb17a7c12a5ceafdc78cc80a63fa755e34b56c35c1b44"
    "15467cac471573e71d23f3ea52a83a044f0169e77abb0c246ab8853815";

/* "sample" with the same key, by OpenSSL 4.0.0: encrypted as PKCS#1 v1.5, and signed as PSS with
 * SHA-256. */
#define SAMPLE "73616d706c65"
static const char sample_encrypted[] =
    "55e42ab0fa957bf73daedd836e607d8a7dd1cf66c41adf56d255a7766f2e014437f165da943d5c63"
    "8770e1515f9a52582ff793d179301e3a8d2b63b4c362ab784ef462dd8c7d9db4205b89bba56e14eb"
    "af750e5f2229d6d9fbb3150fa86a23660a060f1c8b1db20b04cc2d76d18d75f4c2a011fcfead8797"
    "521f93668df9d7796ef3ba8e6188106cfa7c3ddc2ef0076511657cd73fa80fe700ea28e38d6b9137"
    "980223d93a1317f068bd8dad7aa4706bcf0172885974207327c220ee67e9cdb2f7fe894aa390bb6f"
    "df4c9cd4b83a5fc2d4dd14e96a0ff09173b555ddbd66a56274897fa24611a14eccc5a7d26a2e9198"
    "6e51adfc3060118b3b760723a57d212d";

static const char sample_signed[] =
    "9b4345c2db4bafb075af4775e94b26ab42675cc1b66522b4d1951ada92fd86333d114f9e7a179657"
    "c105a179f9aa85aef251c9f22834eb2a104dbc1f0c8b83fd29c823da3d0041ee0e8489328c9d99ae"
    "0efef54be52ede30e02394897238645497fcb7fcf3d1bc8dbae4aab160e59186df071ce41059cdcd"
    "38270c55928882fc268b13e2f2967a2ae50fd1134edc01f262f7aa1c3088e721e598aa0eccb043ad"
    "3a891f1ad8cb045aa3d2ae7e730f5ed3ab2410ad8b8d3d1c59d57f51890e9100acd82649d07700d7"
    "95ca7bb95e9e0425713c59eeec32b8be8cf224f31aae1f55130e8e03a47c59923076d318cd5e6cd6"
    "6a530dc1ec351a206304611b9b06f7ba";

/* Wycheproof, rsa_oaep_2048_sha256_mgf1sha256_test.json, test 2. */
static const char oaep_encrypted[] =
    "207180c340658b5154ae45d2e4e7326a0997c683a26b595e536a29333c4b66149af85e029d5419a3"
    "9e3a147b221516ffd86b6b4b66c3e0c4c49fe8c57a2f5c37b8704b9b592b80db9cd788a4ed51ab4f"
    "0a1cbed63bd18d1f06a22f225866b0c2c417cb23473b7ba4250b1353bd2e5b4f0f937cd2efe5fa38"
    "db3c295f7748b970088657db4aa9a76e1ee6fbff166ec1861d00d085326c7384bdd1bc2f400d4f74"
    "dbdfadaf3fdc46073e668573e02030b9eb5af58eb540c66677a771194479ec0098d858a2ea45d0ba"
    "1e6b32440dfbac745000554d51a17684ca964b02a74d479f1d432ef763ef4059715a4348cfe36a21"
    "5359712f25b6977903be4adb92febbf6";

/* RFC 6979 A.2.5. */
static const struct known_key p256 = {
    .type = KEY_EC,
    .bits = 256,
    .curve = "P-256",
    .parts = {
        "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    },
};

/* Wycheproof, ecdh_secp256r1_ecpoint_test.json, test 1; the point is the private key's. */
static const struct known_key p256_agreement = {
    .type = KEY_EC,
    .bits = 256,
    .curve = "P-256",
    .parts = {
        "0612465c89a023ab17855b0a6bcebfd3febb53aef84138647b5352e02c10c346",
        "04b59cc7671dd6a6b836e2cd9396ef5618b2ff3e8192dd7c9d36c27cb56ff91661"
        "4826d9dbd5ae64cdd8575068bbc9e63f231ea57ed03248844c09331b95392053",
    },
};

/* RFC 8032 7.1, TEST 2, and 7.4, "1 octet". */
static const struct known_key ed25519 = {
    .type = KEY_EDWARDS,
    .bits = 255,
    .curve = "Ed25519",
    .parts = {
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    },
};
static const struct known_key ed448 = {
    .type = KEY_EDWARDS,
    .bits = 448,
    .curve = "Ed448",
    .parts = {
        "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c"
        "5e3bc397a659949ef8021e954e0a12274e",
        "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802"
        "b8438ea4cb82169c235160627b4c3a9480",
    },
};
/* RFC 7748 5.2, the first scalars. */
static const struct known_key x25519 = {
    .type = KEY_MONTGOMERY,
    .bits = 255,
    .curve = "X25519",
    .parts = {
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "1c9fd88f45606d932a80c71824ae151d15d73e77de38e8e000852e614fae7019",
    },
};
static const struct known_key x448 = {
    .type = KEY_MONTGOMERY,
    .bits = 448,
    .curve = "X448",
    .parts = {
        "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c984c24f8cdd78fbf"
        "f44943eba368f54b29259a4f1c600ad3",
        "078dc8e73158e3a63345f6729d0a386435b4d7ad2e033aa413985a60b443956007427dd89e81a36d"
        "c0db81752cc338824369985b4ae58c7d",
    },
};

/* --- How a row is worked out --- */

/* SP 800-38A and 38B, the key of AES-256. */
static const struct known_key aes_256 = {
    .type = KEY_AES,
    .bits = 256,
    .parts = { "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4" },
};

static struct key_spec spec_of(const struct known_key *key)
{
    return (struct key_spec){
        .type = key->type,
        .bits = key->bits,
        .exponent = key->exponent,
        .curve = key->curve ? curve_by_name(key->curve) : NULL,
    };
}

/* Not hexadecimal, or too long: the row itself is broken. */
static int decode(const char *hex, struct writer *out)
{
    return hex_decode(hex, out) ? 0 : KNOWN_WRONG;
}

static int material_of(const struct known_key *key, struct writer *out)
{
    for (size_t i = 0; i < COUNT_OF(key->parts) && key->parts[i]; i++) {
        uint8_t bytes[RSA_BYTES_MAX];
        struct writer part = WRITER_OF(bytes);
        if (decode(key->parts[i], &part))
            return KNOWN_WRONG;
        write_counted(out, written(&part));
    }
    return out->full ? KNOWN_WRONG : 0;
}

static int open_key(const struct known_key *key, struct live_key **out)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    const struct key_spec spec = spec_of(key);
    int result = material_of(key, &material);
    if (!result)
        result = key_kind_of(key->type)->open(&spec, written(&material), out);
    return result;
}

static int compare(struct span got, const char *expected)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer wanted = WRITER_OF(bytes);
    int result = decode(expected, &wanted);
    if (result)
        return result;
    return span_equal(got, written(&wanted)) ? 0 : KNOWN_WRONG;
}

static int check_digest(const struct known_answer *row, struct live_key *key)
{
    (void)key;
    uint8_t bytes[RSA_BYTES_MAX], hash[DIGEST_MAX];
    struct writer message = WRITER_OF(bytes);
    int result = decode(row->input, &message);
    struct span part = written(&message);
    if (!result)
        result = digest_of(row->scheme.digest, &part, 1, hash);
    if (result)
        return result;
    return compare(span_of(hash, digest_size(row->scheme.digest)), row->expected);
}

/* An operation with a private key. */
typedef int private_operation(struct live_key *key, struct scheme scheme, struct span input,
                              struct writer *out);

static int check_operation(const struct known_answer *row, struct live_key *key,
                           private_operation *operation)
{
    uint8_t input_bytes[RSA_BYTES_MAX], answer_bytes[KEY_RESULT_MAX];
    struct writer input = WRITER_OF(input_bytes), answer = WRITER_OF(answer_bytes);

    int result = decode(row->input, &input);
    if (!result)
        result = operation(key, row->scheme, written(&input), &answer);
    return result ? result : compare(written(&answer), row->expected);
}

static int check_signature(const struct known_answer *row, struct live_key *key)
{
    return check_operation(row, key, key_kind_of(row->key->type)->sign);
}

static int check_decryption(const struct known_answer *row, struct live_key *key)
{
    return check_operation(row, key, key_kind_of(row->key->type)->decipher);
}

static int check_cipher(const struct known_answer *row, struct live_key *key)
{
    return check_operation(row, key, key_kind_of(row->key->type)->cipher);
}

static int agree(struct live_key *key, struct scheme scheme, struct span peer, struct writer *out)
{
    (void)scheme;
    return key_kind_of(KEY_EC)->agree(key, peer, out);
}

static int agree_raw(struct live_key *key, struct scheme scheme, struct span peer,
                     struct writer *out)
{
    (void)scheme;
    return key_kind_of(KEY_MONTGOMERY)->agree(key, peer, out);
}

static int check_agreement(const struct known_answer *row, struct live_key *key)
{
    return check_operation(row, key, agree);
}

static int check_raw_agreement(const struct known_answer *row, struct live_key *key)
{
    return check_operation(row, key, agree_raw);
}

static int verify(const struct known_answer *row, struct span input, struct span signature)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    struct public_part public_part;
    const struct key_spec spec = spec_of(row->key);
    const struct key_kind *kind = key_kind_of(row->key->type);

    int result = material_of(row->key, &material);
    if (!result)
        result = kind->public_part(&spec, written(&material), &public_part);
    if (!result)
        result = kind->verify(&spec, &public_part, row->scheme, input, signature);
    return result;
}

/* Tests signatures that differ each time: the expected one must verify, and so must a new one. */
static int check_fresh(const struct known_answer *row, struct live_key *key)
{
    uint8_t input_bytes[RSA_BYTES_MAX], known_bytes[KEY_RESULT_MAX], fresh_bytes[KEY_RESULT_MAX];
    struct writer input = WRITER_OF(input_bytes), known = WRITER_OF(known_bytes),
                  fresh = WRITER_OF(fresh_bytes);

    int result = decode(row->input, &input);
    if (!result)
        result = decode(row->expected, &known);
    if (!result)
        result = verify(row, written(&input), written(&known));
    if (!result)
        result = key_kind_of(row->key->type)->sign(key, row->scheme, written(&input), &fresh);
    if (!result)
        result = verify(row, written(&input), written(&fresh));
    return result;
}

/* --- The rows --- */

/* FIPS 180-4, the examples with the message "abc". */
#define ABC "616263"

static const struct known_answer rows[] = {
    { .name = "SHA-1",
      .check = check_digest,
      .scheme = { .digest = DIGEST_SHA1 },
      .input = ABC,
      .expected = "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { .name = "SHA-224",
      .check = check_digest,
      .scheme = { .digest = DIGEST_SHA224 },
      .input = ABC,
      .expected = "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
    { .name = "SHA-256",
      .check = check_digest,
      .scheme = { .digest = DIGEST_SHA256 },
      .input = ABC,
      .expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { .name = "SHA-384",
      .check = check_digest,
      .scheme = { .digest = DIGEST_SHA384 },
      .input = ABC,
      .expected = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
                  "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
    { .name = "SHA-512",
      .check = check_digest,
      .scheme = { .digest = DIGEST_SHA512 },
      .input = ABC,
      .expected = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
    { .name = "RSA signature",
      .check = check_signature,
      .key = &rsa_2048,
      .scheme = { PADDING_NONE, DIGEST_NONE },
      .input = block_82,
      .expected = signature_82 },
    { .name = "RSA signature, PKCS#1 v1.5 with SHA-256",
      .check = check_signature,
      .key = &rsa_2048,
      .scheme = { PADDING_PKCS1, DIGEST_SHA256 },
      .input = MESSAGE_82,
      .expected = signature_82 },
    { .name = "RSA decryption",
      .check = check_decryption,
      .key = &rsa_2048,
      .scheme = { PADDING_NONE, DIGEST_NONE },
      .input = block_82,
      .expected = signature_82 },
    { .name = "RSA signature, PSS with SHA-256",
      .check = check_fresh,
      .key = &rsa_2048,
      .scheme = { PADDING_PSS, DIGEST_SHA256 },
      .input = SAMPLE,
      .expected = sample_signed },
    { .name = "RSA decryption, PKCS#1 v1.5",
      .check = check_decryption,
      .key = &rsa_2048,
      .scheme = { PADDING_PKCS1, DIGEST_NONE },
      .input = sample_encrypted,
      .expected = SAMPLE },
    { .name = "RSA decryption, PKCS#1 v1.5, rejected",
      .check = check_decryption,
      .key = &rsa_2048,
      .scheme = { PADDING_PKCS1, DIGEST_NONE },
      .input = block_82,
      .expected = rejected_82 },
    { .name = "RSA decryption, OAEP with SHA-256",
      .check = check_decryption,
      .key = &rsa_2048,
      .scheme = { PADDING_OAEP, DIGEST_SHA256 },
      .input = oaep_encrypted,
      .expected = "0000000000000000000000000000000000000000" },
    /* SP 800-38A F.1.5, the first block: with an IV of zero, CBC of one block is ECB. */
    { .name = "AES-256-CBC, encryption",
      .check = check_cipher,
      .key = &aes_256,
      .scheme = { .mode = MODE_CBC_ENCRYPT },
      .input = "6bc1bee22e409f96e93d7e117393172a",
      .expected = "f3eed1bdb5d2a03c064b5a7e3db181f8" },
    { .name = "AES-256-CBC, decryption",
      .check = check_cipher,
      .key = &aes_256,
      .scheme = { .mode = MODE_CBC_DECRYPT },
      .input = "f3eed1bdb5d2a03c064b5a7e3db181f8",
      .expected = "6bc1bee22e409f96e93d7e117393172a" },
    /* SP 800-38B D.3, example 10. */
    { .name = "AES-256-CMAC",
      .check = check_cipher,
      .key = &aes_256,
      .scheme = { .mode = MODE_CMAC },
      .input = "6bc1bee22e409f96e93d7e117393172a",
      .expected = "28a7023f452e8f82bd4bf28d8c37c35c" },
    /* By two HMACs with Python's hmac module. */
    { .name = "HKDF with SHA-256",
      .check = check_cipher,
      .key = &aes_256,
      .scheme = { .mode = MODE_DERIVE },
      .input = SAMPLE,
      .expected = "a2838dabee403dac3ddd34ffa882cdde6eccb45588764283e538a3fb2bf3168b" },
    /* The message "sample" with SHA-256. */
    { .name = "ECDSA",
      .check = check_fresh,
      .key = &p256,
      .scheme = { PADDING_NONE, DIGEST_SHA256 },
      .input = SAMPLE,
      .expected = "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                  "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
    /* The message "sample" again, as a hash value computed by the host. */
    { .name = "ECDSA of a hash value",
      .check = check_fresh,
      .key = &p256,
      .scheme = { PADDING_NONE, DIGEST_NONE },
      .input = "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
      .expected = "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                  "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
    /* Wycheproof gives the x coordinate; y is the one with which the point lies on the curve, by an
     * independent computation of the product. */
    { .name = "ECDH",
      .check = check_agreement,
      .key = &p256_agreement,
      .input = "0462d5bd3372af75fe85a040715d0f502428e07046868b0bfdfa61d731afe44f26"
               "ac333a93a9e70a81cd5a95b5bf8d13990eb741c8c38872b4a07d275a014e30cf",
      .expected = "0453020d908b0219328b658b525f26780e3ae12bcd952bb25a93bc0895e1714285"
                  "b2ba871dd1652c3f467df15c6b70647efbcbbab5cbf7f55e6ff336f843d628a1" },
    { .name = "Ed25519",
      .check = check_signature,
      .key = &ed25519,
      .scheme = { PADDING_NONE, DIGEST_NONE },
      .input = "72",
      .expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
    { .name = "Ed448",
      .check = check_signature,
      .key = &ed448,
      .scheme = { PADDING_NONE, DIGEST_NONE },
      .input = "03",
      .expected = "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435"
                  "2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cb"
                  "cee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
                  "f3348ab21aa4adafd1d234441cf807c03a00" },
    { .name = "X25519",
      .check = check_raw_agreement,
      .key = &x25519,
      .scheme = { PADDING_NONE, DIGEST_NONE },
      .input = "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      .expected = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552" },
    { .name = "X448",
      .check = check_raw_agreement,
      .key = &x448,
      .scheme = { PADDING_NONE, DIGEST_NONE },
      .input = "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031"
               "ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086",
      .expected = "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaad"
                  "eb445fc66a01b0779d98223961111e21766282f73dd96b6f" },
};

size_t known_answer_count(void)
{
    return COUNT_OF(rows);
}

const struct known_answer *known_answer_at(size_t index)
{
    return index < COUNT_OF(rows) ? &rows[index] : NULL;
}

/* A key stays open as long as consecutive rows use it: opening an RSA key takes longer than using
 * it. */
struct ready {
    const struct known_key *of;
    struct live_key *key;
};

static void end_ready(struct ready *ready)
{
    live_key_close(&ready->key);
}

static int make_ready(struct ready *ready, const struct known_key *key)
{
    if (!key || key == ready->of)
        return 0;
    live_key_close(&ready->key);
    ready->of = key;
    return open_key(key, &ready->key);
}

int known_answers_run(const struct known_answer *list, size_t count)
{
    SCOPED(end_ready) struct ready ready = { 0 };
    for (size_t i = 0; i < count; i++) {
        int result = make_ready(&ready, list[i].key);
        if (!result)
            result = list[i].check(&list[i], ready.key);
        if (result < 0)
            return result;
        if (result > 0)
            return failure(FAULT_BROKEN, "self test: %s gives a wrong answer", list[i].name);
    }
    return 0;
}

int crypto_self_test(void)
{
    return known_answers_run(rows, COUNT_OF(rows));
}
