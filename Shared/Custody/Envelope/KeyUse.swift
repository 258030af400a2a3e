/// What the configured key of a provider is for, which decides the rights and the kind of key that its errors name.
enum KeyUse {
    case wrapping
    case signing
}
