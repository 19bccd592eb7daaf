//! Holds a JSON value to a schema of an OpenAPI 3.1 document, as far as the hub's document uses JSON Schema, and
//! refuses to guess at the rest.
//!
//! Stricter than the standard: an object may only have the properties that its schema names. (The crate `jsonschema`
//! would bring thirty more crates, two of them in a second version, and turn on a feature of serde_json for the hub.)

use serde_json::{Map, Value};

/// What says something for people only.
const WORDS: [&str; 6] = ["description", "title", "example", "examples", "deprecated", "contentMediaType"];

/// What is wrong with a value, with the place of it; empty when it fits.
pub fn problems(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check { document, problems: Vec::new() };
    check.value("$", schema, value);
    check.problems
}

struct Check<'a> {
    document: &'a Value,
    problems: Vec<String>,
}

impl Check<'_> {
    fn says(&mut self, place: &str, what: &str) {
        self.problems.push(format!("{place}: {what}"));
    }

    fn value(&mut self, place: &str, schema: &Value, value: &Value) {
        let schema = self.whole(schema);
        for (keyword, given) in &schema {
            match keyword.as_str() {
                "type" => self.kind(place, given, value),
                "enum" if !given.as_array().is_some_and(|known| known.contains(value)) => {
                    self.says(place, &format!("{value} is none of {given}"));
                }
                "const" if given != value => self.says(place, &format!("{value} is not {given}")),
                "oneOf" => self.one_of(place, given, value),
                "minimum" if value.is_number() && value.as_f64() < given.as_f64() => {
                    self.says(place, &format!("{value} is below {given}"))
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(&format!("{place}[{index}]"), given, item);
                    }
                }
                // A number's format is its width; none of the hub's is wider than what it says.
                "enum"
                | "const"
                | "minimum"
                | "format"
                | "default"
                | "properties"
                | "required"
                | "additionalProperties"
                | "propertyNames" => {}
                words if WORDS.contains(&words) => {}
                other => self.says(place, &format!("the keyword {other} is not known to this test")),
            }
        }
        if let (Some(fields), true) = (value.as_object(), schema.keys().all(|keyword| keyword != "oneOf")) {
            self.object(place, &schema, fields);
        }
    }

    /// The schema with its references and parts put together.
    fn whole(&mut self, schema: &Value) -> Map<String, Value> {
        let mut whole = match schema.get("$ref").and_then(Value::as_str) {
            Some(name) => {
                let pointed = self.document.pointer(name.trim_start_matches('#'));
                let pointed = pointed.unwrap_or_else(|| panic!("{name} is not in the document")).clone();
                self.whole(&pointed)
            }
            None => schema.as_object().cloned().unwrap_or_default(),
        };
        for part in whole.remove("allOf").as_ref().and_then(Value::as_array).into_iter().flatten() {
            for (keyword, given) in self.whole(part) {
                match (whole.get_mut(&keyword), given) {
                    (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
                    (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
                    (Some(_), _) => {}
                    (None, given) => drop(whole.insert(keyword, given)),
                }
            }
        }
        whole
    }

    fn kind(&mut self, place: &str, wanted: &Value, value: &Value) {
        let is = |name: &Value| match name.as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("null") => value.is_null(),
            Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Some("number") => value.is_number(),
            _ => false,
        };
        let fits = match wanted {
            Value::Array(any) => any.iter().any(is),
            one => is(one),
        };
        if !fits {
            self.says(place, &format!("{value} is no {wanted}"));
        }
    }

    fn one_of(&mut self, place: &str, schemas: &Value, value: &Value) {
        let schemas: Vec<&Value> = schemas.as_array().into_iter().flatten().collect();
        let wrong: Vec<Vec<String>> = schemas.iter().map(|schema| problems(self.document, schema, value)).collect();
        if wrong.iter().filter(|problems| problems.is_empty()).count() != 1 {
            self.says(place, &format!("{value} is not exactly one of these: {wrong:?}"));
        }
    }

    fn object(&mut self, place: &str, schema: &Map<String, Value>, fields: &Map<String, Value>) {
        let nothing = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !name.as_str().is_some_and(|name| fields.contains_key(name)) {
                self.says(place, &format!("{name} is missing"));
            }
        }
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        for (name, value) in fields {
            match properties.get(name).or(others) {
                Some(schema) => self.value(&format!("{place}.{name}"), schema, value),
                None => self.says(place, &format!("nothing is said of {name}")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let document = json!({"components": {"schemas": {
            "Row": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "integer", "minimum": 0},
                "kind": {"type": "string", "enum": ["a", "b"]},
                "note": {"type": ["string", "null"], "description": "words"},
            }},
        }}});
        let row = json!({"$ref": "#/components/schemas/Row"});
        let found = |schema: &Value, value: Value| problems(&document, schema, &value);
        assert!(found(&row, json!({"id": 1, "kind": "a", "note": null})).is_empty());
        for (value, says) in [
            (json!({"id": -1}), "$.id: -1 is below 0"),
            (json!({"id": 1.5}), "$.id: 1.5 is no \"integer\""),
            (json!({}), "$: \"id\" is missing"),
            (json!({"id": 1, "kind": "c"}), "$.kind: \"c\" is none of"),
            (json!({"id": 1, "note": 7}), "$.note: 7 is no"),
            (json!({"id": 1, "more": 7}), "$: nothing is said of more"),
            (json!([]), "$: [] is no \"object\""),
        ] {
            let problems = found(&row, value);
            assert!(problems.len() == 1 && problems[0].starts_with(says), "{problems:?}");
        }
        let flattened =
            json!({"allOf": [row, {"type": "object", "required": ["x"], "properties": {"x": {"type": "null"}}}]});
        assert!(found(&flattened, json!({"id": 1, "x": null})).is_empty());
        assert_eq!(found(&flattened, json!({"id": 1})).len(), 1);
        let maybe = json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Row"}]});
        assert!(found(&maybe, json!(null)).is_empty() && found(&maybe, json!({"id": 1})).is_empty());
        assert_eq!(found(&maybe, json!({"id": 1, "more": 1})).len(), 1);
        let list = json!({"type": "array", "items": row});
        assert!(found(&list, json!([{"id": 0}, {"id": true}]))[0].starts_with("$[1].id"));
        let named = json!({"type": "object", "additionalProperties": {"type": "integer"}});
        assert!(found(&named, json!({"KE": 1})).is_empty());
        assert_eq!(found(&named, json!({"KE": "1"})).len(), 1);
        assert!(found(&json!({"pattern": "x"}), json!(1))[0].contains("pattern"), "what is not known is no pass");
    }
}
