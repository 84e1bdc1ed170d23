#include "identity/common_passwords.h"

#include <algorithm>
#include <array>
#include <string>

namespace sauda::identity {
namespace {

// Keyboard walks, digit runs, the word itself, names, teams, seasons, and what people choose on an exchange.
// Lower case and sorted, for the binary search.
// clang-format off
constexpr std::array<std::string_view, 379> passwords = {
    "00000000", "000000000", "0000000000", "01234567", "0123456789", "01234567890", "0987654321",
    "10203040", "1020304050", "11111111", "111111111", "1111111111", "11112222", "11223344", "1122334455",
    "112233445566", "12121212", "123123123", "123321123", "12341234", "12344321", "123454321", "12345678",
    "123456780", "123456789", "1234567890", "12345678910", "123456789a", "12345678a", "12345679",
    "123456abc", "123456qwerty", "12345qwert", "1234abcd", "1234qwer", "123654789", "123qweasd", "12qwaszx",
    "13131313", "14141414", "147258369", "147852369", "159357456", "19871987", "19891989", "1q2w3e4r",
    "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx", "1qaz2wsx3edc", "1qazxsw2", "20002000", "20202020",
    "20212021", "22222222", "321654987", "33333333", "44444444", "55555555", "66666666", "741852963",
    "77777777", "789456123", "789456123a", "87654321", "88888888", "888888888", "963852741", "987654321",
    "9876543210", "99999999", "999999999", "a1234567", "a12345678", "a123456789", "aa123456", "aa12345678",
    "aaaa1111", "aaaaaaaa", "aaaaaaaaa", "aaaaaaaaaa", "abc12345", "abc123456", "abc123abc", "abcabcabc",
    "abcd1234", "abcd12345", "abcdefg1", "abcdefgh", "abcdefghi", "abcdefghij", "access123", "access14",
    "admin123", "admin1234", "admin12345", "admin@123", "adminadmin", "administrator", "alexander",
    "alexandra", "anthony1", "arsenal1", "asdf1234", "asdfasdf", "asdfgh123", "asdfghjk", "asdfghjkl",
    "autumn2024", "azertyuiop", "babygirl", "babygirl1", "barcelona", "baseball", "baseball1", "basketball",
    "batman123", "beautiful", "benjamin", "bharat123", "bitcoin1", "bitcoin123", "blink182", "blueberry",
    "butterfly", "butterfly1", "change_me", "changeme", "changeme1", "changeme123", "charlie1", "charlotte",
    "cheesecake", "chelsea1", "chocolate", "chocolate1", "christian", "christopher", "computer",
    "computer1", "cookie123", "corvette", "cowboys1", "cricket1", "cricket123", "crypto123", "cupcake1",
    "danielle", "december", "default1", "default123", "dollar123", "dragon12", "dragon123", "eagles12",
    "elizabeth", "ethereum", "ethereum1", "exchange", "exchange1", "exchange123", "february", "football",
    "football1", "forever1", "freedom1", "gandalf1", "ganesh123", "goodluck", "guest123", "hanuman1",
    "harley12", "hello123", "hello1234", "hellohello", "helloworld", "hockey12", "hunter12", "hunter22",
    "ilovegod", "iloveme1", "iloveyou", "iloveyou!", "iloveyou1", "iloveyou123", "iloveyou2", "india123",
    "india@123", "internet", "internet1", "jaishriram", "january1", "jennifer", "jessica1", "jonathan",
    "juventus", "killer12", "killer123", "krishna1", "krishna123", "lakers24", "letmein!", "letmein1",
    "letmein123", "letmeinnow", "liverpool", "liverpool1", "lordoftherings", "lovelove", "loveyou1",
    "manchester", "master123", "mastermind", "matrix123", "mercedes", "metallica", "michael1", "michelle",
    "million1", "millionaire", "minecraft", "monday123", "money123", "moneymoney", "monkey12", "monkey123",
    "mumbai123", "mustang1", "mylove123", "mypassword", "newpassword", "nicholas", "nintendo", "nirvana1",
    "november", "omsairam", "omsairam1", "p@ssw0rd", "p@ssw0rd1", "p@ssword", "p@ssword1", "pa$$w0rd",
    "pa$$word", "pass1234", "pass12345", "pass@123", "pass@1234", "passport", "passw0rd", "passw0rd1",
    "password", "password!", "password.1", "password0", "password00", "password01", "password1",
    "password1!", "password10", "password11", "password12", "password123", "password1234", "password12345",
    "password123456", "password2", "password21", "password22", "password3", "password4", "password5",
    "password7", "password9", "password99", "password@123", "passwort", "patricia", "pineapple",
    "playstation", "pokemon1", "pokemon123", "porsche1", "princess", "princess1", "q1w2e3r4", "q1w2e3r4t5",
    "qazwsx123", "qazwsxedc", "qwe123qwe", "qweasd123", "qweasdzxc", "qwerasdf", "qwerty!@", "qwerty1!",
    "qwerty11", "qwerty12", "qwerty123", "qwerty1234", "qwerty12345", "qwerty123456", "qwertyui",
    "qwertyuiop", "qwertyuiop123", "rockyou1", "root1234", "rootroot", "sachin10", "saibaba1", "samantha",
    "satoshi1", "satoshinakamoto", "secret12", "secret123", "secretsecret", "september", "shadow12",
    "shadow123", "slipknot1", "softball", "spiderman", "spiderman1", "spring2024", "startrek", "starwars",
    "starwars1", "steelers", "stephanie", "strawberry", "summer12", "summer123", "summer2020", "summer2023",
    "summer2024", "sunday123", "sunflower", "sunshine", "sunshine1", "superman", "superman1", "sweetheart",
    "test1234", "test12345", "test123456", "testing1", "testing123", "testtest", "thepassword", "toor1234",
    "topsecret", "tothemoon", "trader123", "trading1", "trading123", "trustno1", "trustnoone", "veronica",
    "victoria", "watermelon", "welcome1", "welcome12", "welcome123", "welcome1234", "welcome@1",
    "welcome@123", "whatever", "whatever1", "winter12", "winter123", "winter2023", "winter2024", "xxxxxxxx",
    "yankees1", "zaq12wsx", "zaq1xsw2", "zaq1zaq1", "zxcvbnm,", "zxcvbnm1", "zxcvbnm123", "zzzzzzzz",
};
// clang-format on
static_assert(std::is_sorted(passwords.begin(), passwords.end()));

}  // namespace

bool is_common_password(std::string_view password) {
    std::string lowered(password);
    for (char& character : lowered) {
        if (character >= 'A' && character <= 'Z') character = static_cast<char>(character + ('a' - 'A'));
    }
    return std::binary_search(passwords.begin(), passwords.end(), lowered);
}

}  // namespace sauda::identity
