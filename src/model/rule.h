/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Every rule that a model can break, as a table: stable id, group, and what would be right.
 *
 * px_err.id of a refused model is one of these ids (`dtdl.missingContext`); the names after the dot
 * are those that the reference parser gave to its errors, so that tests compare. Threads: any.
 */
#ifndef PX_MODEL_RULE_H
#define PX_MODEL_RULE_H

#include <stddef.h>

typedef enum px_rule_group {
    PX_RULES_DOCUMENT,   /* the document and its context */
    PX_RULES_IDENTIFIER, /* identifiers and references */
    PX_RULES_TYPE,
    PX_RULES_MEMBER,
    PX_RULES_STRUCTURE,
    PX_RULES_SERVICE, /* valid DTDL, and not taken here */
} px_rule_group;

/* name, id after "dtdl.", group, what would be right */
#define PX_RULE_MAP(X)                                                                             \
    X(NOT_JSON_OBJECT, "notJsonObject", DOCUMENT, "a model is an object or an array of objects")   \
    X(MISSING_CONTEXT, "missingContext", DOCUMENT,                                                 \
      "every Interface names its language in @context: dtmi:dtdl:context;2, ;3 or ;4")             \
    X(EMPTY_CONTEXT, "emptyContext", DOCUMENT, "@context holds dtmi:dtdl:context;2, ;3 or ;4")     \
    X(INVALID_CONTEXT, "invalidContext", DOCUMENT, "@context is a string or an array of strings")  \
    X(MISSING_DTDL_CONTEXT, "missingDtdlContext", DOCUMENT,                                        \
      "dtmi:dtdl:context;2, ;3 or ;4 is among the contexts")                                       \
    X(DTDL_CONTEXT_FOLLOWS_AFFILIATE, "dtdlContextFollowsAffiliate", DOCUMENT,                     \
      "the DTDL context stands first")                                                             \
    X(UNRECOGNIZED_CONTEXT_VERSION, "unrecognizedContextVersion", DOCUMENT,                        \
      "DTDL versions 2, 3 and 4 are known")                                                        \
    X(NON_DTMI_CONTEXT_SPECIFIER, "nonDtmiContextSpecifier", DOCUMENT, "a context is a DTMI")      \
    X(INVALID_CONTEXT_SPECIFIER, "invalidContextSpecifier", DOCUMENT,                              \
      "a context is a well-formed DTMI")                                                           \
    X(INVALID_CONTEXT_SPECIFIER_FOR_VERSION, "invalidContextSpecifierForVersion", DOCUMENT,        \
      "in DTDL v2 the version of a context is one whole number")                                   \
    X(MISSING_CONTEXT_VERSION, "missingContextVersion", DOCUMENT, "a context ends in its version") \
    X(UNRESOLVABLE_CONTEXT_SPECIFIER, "unresolvableContextSpecifier", DOCUMENT,                    \
      "an extension is one that is known here")                                                    \
    X(UNRESOLVABLE_CONTEXT_VERSION, "unresolvableContextVersion", DOCUMENT,                        \
      "the extension has such a version for this version of DTDL")                                 \
    X(DISALLOWED_LOCAL_CONTEXT, "disallowedLocalContext", DOCUMENT,                                \
      "terms cannot be defined in @context")                                                       \
    X(DISALLOWED_CONTEXT_FRAGMENT, "disallowedContextFragment", DOCUMENT,                          \
      "only dtmi:dtdl:context;4 takes a fragment")                                                 \
    X(DISALLOWED_CONTEXT_VERSION, "disallowedContextVersion", DOCUMENT,                            \
      "the version is one that is taken here")                                                     \
    X(INVALID_CONTEXT_FRAGMENT, "invalidContextFragment", DOCUMENT,                                \
      "the fragment is #limitless, or #limits after it")                                           \
    X(MISSING_LIMIT_CONTEXT, "missingLimitContext", DOCUMENT,                                      \
      "a limits context such as dtmi:dtdl:limits:onvif;1 follows dtmi:dtdl:context;4#limitless "   \
      "at once")                                                                                   \
    X(MISPLACED_LIMIT_CONTEXT, "misplacedLimitContext", DOCUMENT,                                  \
      "a limits context follows dtmi:dtdl:context;4#limitless at once")                            \
    X(DISALLOWED_LIMIT_CONTEXT, "disallowedLimitContext", DOCUMENT,                                \
      "the limits of dtmi:dtdl:limits:onvif;1 and dtmi:dtdl:limits:aio;1 are taken here")          \
    X(TOP_LEVEL_GRAPH_DISALLOWED, "topLevelGraphDisallowed", DOCUMENT,                             \
      "several Interfaces stand in an array, not in @graph")                                       \
    X(GRAPH_DISALLOWED, "graphDisallowed", DOCUMENT, "@graph is not part of the language")         \
    X(TOP_LEVEL_KEYWORD_DISALLOWED, "topLevelKeywordDisallowed", DOCUMENT,                         \
      "of the keywords only @context, @id and @type are taken")                                    \
    X(KEYWORD_DISALLOWED, "keywordDisallowed", DOCUMENT,                                           \
      "of the keywords only @context, @id and @type are taken")                                    \
    X(TYPE_NOT_ROOTABLE, "typeNotRootable", DOCUMENT, "only an Interface stands at the top level") \
    X(MISSING_TOP_LEVEL_ID, "missingTopLevelId", DOCUMENT, "an Interface has an @id")              \
    X(INVALID_ID, "invalidId", IDENTIFIER,                                                         \
      "an identifier is dtmi:, segments with ':' between, ';' and a version")                      \
    X(ID_NOT_STRING, "idNotString", IDENTIFIER, "an identifier is a string")                       \
    X(ID_TOO_LONG, "idTooLong", IDENTIFIER, "an identifier is no longer than allowed")             \
    X(ID_TOO_LONG_FOR_TYPE, "idTooLongForType", IDENTIFIER,                                        \
      "the id of an Interface is no longer than allowed, 128 bytes unless a limits context says "  \
      "more")                                                                                      \
    X(DISALLOWED_ID_FRAGMENT, "disallowedIdFragment", IDENTIFIER, "an @id has no fragment")        \
    X(RESERVED_ID, "reservedId", IDENTIFIER,                                                       \
      "dtmi:dtdl: and dtmi:standard: belong to the language")                                      \
    X(UNDEFINED_RESERVED_ID, "undefinedReservedId", IDENTIFIER,                                    \
      "the language defines no such element")                                                      \
    X(DUPLICATE_DEFINITION, "duplicateDefinition", IDENTIFIER, "an id is defined once")            \
    X(ID_REFERENCE, "idReference", IDENTIFIER, "a reference is the id itself, a plain string")     \
    X(MISSING_REQUIRED_ID, "missingRequiredId", IDENTIFIER,                                        \
      "Interfaces and the entries of schemas have an @id")                                         \
    X(BAD_DTMI_OR_TERM, "badDtmiOrTerm", IDENTIFIER, "a reference is a DTMI or a known term")      \
    X(IDENTIFIER_NOT_DTMI, "identifierNotDtmi", IDENTIFIER, "the value is a DTMI")                 \
    X(REF_NOT_STRING_OR_OBJECT, "refNotStringOrObject", IDENTIFIER,                                \
      "an element is an object, or a string that refers to one")                                   \
    X(REF_OBJECT_NOT_ALLOWED, "refObjectNotAllowed", IDENTIFIER,                                   \
      "here stands a reference, not a definition")                                                 \
    X(CROSS_PARTITION_REFERENCE, "crossPartitionReference", IDENTIFIER,                            \
      "only Interfaces can be referred to from another Interface")                                 \
    X(DISALLOWED_VERSION_REFERENCE, "disallowedVersionReference", IDENTIFIER,                      \
      "no element uses one of a later version of DTDL")                                            \
    X(DISALLOWED_VERSION_DEFINITION, "disallowedVersionDefinition", IDENTIFIER,                    \
      "this place takes no element of that version of DTDL")                                       \
    X(UNRESOLVED, "unresolved", IDENTIFIER,                                                        \
      "what is referred to is in the same request or stored already")                              \
    X(BAD_TYPE, "badType", TYPE, "the element has a type that this place takes")                   \
    X(TYPE_NOT_STRING, "typeNotString", TYPE, "@type is a string or an array of strings")          \
    X(MULTIPLE_MATERIAL_TYPES, "multipleMaterialTypes", TYPE,                                      \
      "an element has one type of the language; others are co-types")                              \
    X(TYPE_INVALID_DTMI, "typeInvalidDtmi", TYPE, "a type is a term or a well-formed DTMI")        \
    X(TYPE_NOT_DTMI_NOR_TERM, "typeNotDtmiNorTerm", TYPE, "a type is a term or a DTMI")            \
    X(TYPE_UNDEFINED_TERM, "typeUndefinedTerm", TYPE,                                              \
      "a co-type comes from an extension in @context")                                             \
    X(TYPE_IRRELEVANT_DTMI_OR_TERM, "typeIrrelevantDtmiOrTerm", TYPE, "@type holds types")         \
    X(INVALID_COTYPE, "invalidCotype", TYPE,                                                       \
      "a co-type stands on an element of a type that it is for")                                   \
    X(INVALID_COTYPE_VERSION, "invalidCotypeVersion", TYPE,                                        \
      "the extension is used with a version of DTDL that it is for")                               \
    X(MISSING_COCOTYPE, "missingCocotype", TYPE, "the co-type stands together with another one")   \
    X(DISALLOWED_COCOTYPE, "disallowedCocotype", TYPE,                                             \
      "the two co-types do not stand on one element")                                              \
    X(PARENT_MISSING_COTYPE, "parentMissingCotype", TYPE,                                          \
      "the element around it has the co-type that this one belongs to")                            \
    X(CHILD_MISSING_COTYPE, "childMissingCotype", TYPE,                                            \
      "each field has a co-type that belongs to that of the Object")                               \
    X(SIBLING_MISSING_COTYPE, "siblingMissingCotype", TYPE,                                        \
      "another field has the co-type that this one belongs to")                                    \
    X(SIBLING_DUPLICATES_COTYPE, "siblingDuplicatesCotype", TYPE,                                  \
      "one field at most has this co-type")                                                        \
    X(CONFLICTING_SUPPLEMENTAL_TYPES, "conflictingSupplementalTypes", TYPE,                        \
      "an element has at most one semantic type")                                                  \
    X(ABSTRACT_SUPPLEMENTAL_TYPE, "abstractSupplementalType", TYPE,                                \
      "a semantic type is one such as Temperature")                                                \
    X(MISSING_LITERAL_PROPERTY, "missingLiteralProperty", MEMBER, "the member is required")        \
    X(MISSING_OBJECT_PROPERTY, "missingObjectProperty", MEMBER, "the member is required")          \
    X(MISSING_SUPPLEMENTAL_OBJECT_PROPERTY, "missingSupplementalObjectProperty", MEMBER,           \
      "an element with a semantic type has a unit")                                                \
    X(MISSING_SUPPLEMENTAL_LITERAL_PROPERTY, "missingSupplementalLiteralProperty", MEMBER,         \
      "the co-type requires the member")                                                           \
    X(OBJECT_MULTIPLE_VALUES, "objectMultipleValues", MEMBER, "the member has one value")          \
    X(STRING_MULTIPLE_VALUES, "stringMultipleValues", MEMBER, "the member has one value")          \
    X(INTEGER_MULTIPLE_VALUES, "integerMultipleValues", MEMBER, "the member has one value")        \
    X(BOOLEAN_MULTIPLE_VALUES, "booleanMultipleValues", MEMBER, "the member has one value")        \
    X(STRING_COUNT_BELOW_MIN, "stringCountBelowMin", MEMBER, "the member has a value")             \
    X(OBJECT_COUNT_BELOW_MIN, "objectCountBelowMin", MEMBER, "the member has a value")             \
    X(OBJECT_COUNT_ABOVE_MAX, "objectCountAboveMax", MEMBER, "the set is no larger than allowed")  \
    X(NO_TYPE_THAT_ALLOWS, "noTypeThatAllows", MEMBER, "an element has the members of its type")   \
    X(PROPERTY_IRRELEVANT, "propertyIrrelevantDtmiOrTerm", MEMBER,                                 \
      "an element has the members of its type and co-types")                                       \
    X(PROPERTY_INVALID_DTMI, "propertyInvalidDtmi", MEMBER, "a member is a term or a DTMI")        \
    X(PROPERTY_NOT_DTMI_NOR_TERM, "propertyNotDtmiNorTerm", MEMBER,                                \
      "a member is a term or a DTMI")                                                              \
    X(DUPLICATE_PROPERTY_NAME, "duplicatePropertyName", MEMBER,                                    \
      "a member is given once, by term or by DTMI")                                                \
    X(PROPERTY_VALUE_NULL, "propertyValueNull", MEMBER, "a member that has no value is left out")  \
    X(STRING_NOT_STRING, "stringNotString", MEMBER, "the value is a string")                       \
    X(STRING_INVALID, "stringInvalid", MEMBER, "a text has the form that its member wants")        \
    X(DURATION_INVALID, "durationInvalid", MEMBER, "a duration is such as PT15S")                  \
    X(STRING_TOO_LONG, "stringTooLong", MEMBER, "the text is no longer than allowed")              \
    X(INTEGER_NOT_INTEGER, "integerNotInteger", MEMBER, "the value is a whole number")             \
    X(BOOLEAN_NOT_BOOLEAN, "booleanNotBoolean", MEMBER, "the value is true or false")              \
    X(VALUE_BELOW_MIN, "valueBelowMin", MEMBER, "the number is 1 or more")                         \
    X(VALUE_NOT_EXACT, "valueNotExact", MEMBER, "minMultiplicity is 0")                            \
    X(VALUE_ABOVE_MAX, "valueAboveMax", MEMBER, "maxMultiplicity is at most 500 in DTDL v2")       \
    X(LITERAL_NOT_VALID, "literalNotValid", MEMBER, "the value is a string or a whole number")     \
    X(VALUE_OBJECT_NO_VALUE, "valueObjectNoValue", MEMBER, "a value object has an @value")         \
    X(VALUE_OBJECT_INVALID_PROP, "valueObjectInvalidProp", MEMBER,                                 \
      "a value object has @value and @type, nothing else")                                         \
    X(VALUE_OBJECT_KEYWORD, "valueObjectKeyword", MEMBER,                                          \
      "a value object has @value and @type, nothing else")                                         \
    X(VALUE_OBJECT_ID, "valueObjectId", MEMBER,                                                    \
      "a value object has @value and @type, nothing else")                                         \
    X(VALUE_OBJECT_CONTEXT, "valueObjectContext", MEMBER,                                          \
      "a value object has @value and @type, nothing else")                                         \
    X(VALUE_OBJECT_GRAPH, "valueObjectGraph", MEMBER,                                              \
      "a value object has @value and @type, nothing else")                                         \
    X(VALUE_OBJECT_LANGUAGE, "valueObjectLanguage", MEMBER,                                        \
      "a value object has @value and @type, nothing else")                                         \
    X(STRING_OBJECT_NO_VALUE, "stringObjectNoValue", MEMBER, "a value object has an @value")       \
    X(INTEGER_OBJECT_NO_VALUE, "integerObjectNoValue", MEMBER, "a value object has an @value")     \
    X(BOOLEAN_OBJECT_NO_VALUE, "booleanObjectNoValue", MEMBER, "a value object has an @value")     \
    X(STRING_TYPE_NOT_STRING, "stringTypeNotString", MEMBER,                                       \
      "the @type of a value object is the type of the member")                                     \
    X(INTEGER_TYPE_NOT_INTEGER, "integerTypeNotInteger", MEMBER,                                   \
      "the @type of a value object is the type of the member")                                     \
    X(BOOLEAN_TYPE_NOT_BOOLEAN, "booleanTypeNotBoolean", MEMBER,                                   \
      "the @type of a value object is the type of the member")                                     \
    X(STRING_VALUE_NOT_STRING, "stringValueNotString", MEMBER,                                     \
      "the @value is of the @type beside it")                                                      \
    X(INTEGER_VALUE_NOT_INTEGER, "integerValueNotInteger", MEMBER,                                 \
      "the @value is of the @type beside it")                                                      \
    X(BOOLEAN_VALUE_NOT_BOOLEAN, "booleanValueNotBoolean", MEMBER,                                 \
      "the @value is of the @type beside it")                                                      \
    X(LITERAL_TYPE_NOT_SINGULAR, "literalTypeNotSingular", MEMBER,                                 \
      "the @type of a value object is one string")                                                 \
    X(LITERAL_TYPE_WRONG, "literalTypeWrong", MEMBER,                                              \
      "the @type of a value object is the type of the member")                                     \
    X(LANG_STRING_NOT_LANG_STRING, "langStringNotLangString", MEMBER,                              \
      "a localized text is a string, a map of languages, or an array of tagged values")            \
    X(LANG_STRING_ELEMENT_INVALID, "langStringElementInvalidProp", MEMBER,                         \
      "a tagged value has @value and @language, nothing else")                                     \
    X(LANG_ELEMENT_ID, "langStringElementId", MEMBER,                                              \
      "a tagged value has @value and @language, nothing else")                                     \
    X(LANG_ELEMENT_CONTEXT, "langStringElementContext", MEMBER,                                    \
      "a tagged value has @value and @language, nothing else")                                     \
    X(LANG_ELEMENT_GRAPH, "langStringElementGraph", MEMBER,                                        \
      "a tagged value has @value and @language, nothing else")                                     \
    X(LANG_ELEMENT_NOT_STRING_OR_OBJECT, "langStringElementNotStringOrObject", MEMBER,             \
      "an entry is a string or a tagged value")                                                    \
    X(LANG_ELEMENT_INVALID_CODE, "langStringElementInvalidCode", MEMBER,                           \
      "a language is such as en, en-US, zh-Hans or sr-Latn-RS")                                    \
    X(LANG_TAG_IN_MAP, "langTagValueInLangMap", MEMBER,                                            \
      "a map of languages holds no keywords; tagged values stand in an array")                     \
    X(LANG_STRING_VALUE_NOT_STRING, "langStringValueNotString", MEMBER, "the text is a string")    \
    X(LANG_STRING_VALUE_TOO_LONG, "langStringValueTooLong", MEMBER,                                \
      "the text is no longer than allowed")                                                        \
    X(LANG_STRING_INVALID_CODE, "langStringInvalidCode", MEMBER,                                   \
      "a language is such as en, en-US, zh-Hans or sr-Latn-RS")                                    \
    X(LANG_STRING_CODE_NOT_UNIQUE, "langStringElementCodeNotUnique", MEMBER,                       \
      "a language has one text")                                                                   \
    X(LANG_MAP_OBJ_KEYWORD, "langMapObjKeyword", MEMBER,                                           \
      "a map of languages holds no keywords; tagged values stand in an array")                     \
    X(NOT_REQUIRED_VALUE, "notRequiredValue", MEMBER, "the key of a Map is a string")              \
    X(INCORRECT_PROPERTY_VALUE, "incorrectPropertyValue", MEMBER,                                  \
      "the valueSchema of an Enum is integer or string")                                           \
    X(NON_CONFORMANT_DATATYPE, "nonConformantDatatype", MEMBER,                                    \
      "an enumValue is of the Enum's valueSchema")                                                 \
    X(NON_UNIQUE_PROPERTY_VALUE, "nonUniquePropertyValue", MEMBER,                                 \
      "names and enumValues are unique among their siblings")                                      \
    X(NON_UNIQUE_IMPORTED_PROPERTY_VALUE, "nonUniqueImportedPropertyValue", MEMBER,                \
      "names are unique among all contents, inherited ones included")                              \
    X(UNIT_NOT_OF_TYPE, "unitNotOfType", MEMBER, "the unit belongs to the semantic type")          \
    X(GUARD_INVALID, "guardInvalid", MEMBER,                                                       \
      "a guard is a condition over the twin or neighbours of it")                                  \
    X(TERM_OUT_OF_RANGE, "termOutOfRange", MEMBER,                                                 \
      "how a Command is sent is told in whole seconds and repeats, no more than allowed")          \
    X(EXCESSIVE_DEPTH_WIDE, "excessiveDepthWide", STRUCTURE,                                       \
      "complex schemas stand no deeper inside each other than allowed")                            \
    X(EXCESSIVE_DEPTH_NARROW, "excessiveDepthNarrow", STRUCTURE,                                   \
      "a chain of extends has at most 10 steps, in DTDL v4 at most 12")                            \
    X(EXCESSIVE_COUNT, "excessiveCount", STRUCTURE, "the hierarchy is no larger than allowed")     \
    X(RECURSIVE_STRUCTURE_NARROW, "recursiveStructureNarrow", STRUCTURE,                           \
      "no Interface reaches itself through extends or Components")                                 \
    X(RECURSIVE_STRUCTURE_WIDE, "recursiveStructureWide", STRUCTURE, "no schema contains itself")  \
    X(EXCLUDED_TYPE, "excludedType", STRUCTURE,                                                    \
      "no Array stands in a Property of DTDL v2, no Component in a Component")                     \
    X(NOT_REQUIRED_TYPE, "notRequiredType", STRUCTURE,                                             \
      "the schema is one that the co-type is for")                                                 \
    X(NOT_SIBLING_REQUIRED_TYPE, "notSiblingRequiredType", STRUCTURE,                              \
      "annotates names a Property or a Telemetry")                                                 \
    X(DISALLOWED_TYPE, "disallowedType", STRUCTURE, "an annotation is not annotated itself")       \
    X(NO_MATCHING_SUPPLEMENTAL_PROPERTY, "noMatchingSupplementalProperty", STRUCTURE,              \
      "overrides names a member that an extension gives to the annotated element")                 \
    X(MATCHING_PROPERTY_NOT_SUPPLEMENTAL, "matchingPropertyNotSupplemental", STRUCTURE,            \
      "overrides names a member of an extension, not of the language itself")                      \
    X(SIBLING_PROPERTY_MISMATCH, "siblingPropertyMismatch", STRUCTURE,                             \
      "the schema of an Override is the type of the member that it overrides")                     \
    X(MULTIPLE_REFERENCE, "multipleReference", STRUCTURE, "a member is overridden once")           \
    X(PARTITION_TOO_LARGE, "partitionTooLarge", STRUCTURE,                                         \
      "the text of one Interface is at most 1 MiB")                                                \
    X(NESTED_INTERFACE, "nestedInterface", SERVICE,                                                \
      "an Interface is uploaded by itself and referred to by its id")                              \
    X(TOO_MANY_MODELS, "tooManyModels", SERVICE, "one request holds at most 1000 Interfaces")      \
    X(TOO_MANY_CONTENTS, "tooManyContents", SERVICE,                                               \
      "the Interfaces of one request have at most 500,000 contents together, inherited ones and "  \
      "those of Components included")                                                              \
    X(TOO_MANY_FIELDS, "tooManyFields", SERVICE,                                                   \
      "an Interface has at most 16384 Properties and Telemetries, Components included")

typedef enum px_rule {
#define X(name, id, group, sentence) PX_RULE_##name,
    PX_RULE_MAP(X)
#undef X
        PX_RULE_COUNT
} px_rule;

const char *px_rule_id(px_rule rule);       /* "dtdl.missingContext" */
const char *px_rule_sentence(px_rule rule); /* what would be right, without a full stop */
px_rule_group px_rule_group_of(px_rule rule);

#endif
